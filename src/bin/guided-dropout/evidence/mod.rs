//! `evidence`: tables and figure of docs/evidence, from the scores of its runs.
//!
//! The rules are those of the protocol. The larger model's set, the sets of all rows and the long ones are tabled by themselves: Holm's
//! families are their own.

mod checks;
mod length;
mod predictions;
mod second;
mod set;
pub mod tables;

pub use set::Set;
use tables::report;

use super::files;
use guided_dropout_lab::method::arms::Arm;
use serde_json::Value;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Of the built-in model, in the protocol's order, which is that of the tables.
const SETS: [&str; 5] = ["trec", "snips", "stsb", "subjectivity", "rte123"];
/// Of the larger model.
const LARGER: [&str; 1] = ["trec-minilm"];
/// Every row of the smallest files.
const ALL_ROWS: [&str; 2] = ["trec-all", "rte123-all"];
/// A tenth of the rows, for as many steps as all of them.
const LONG: [&str; 2] = ["trec-long", "snips-long"];
const ARMS: [Arm; 7] =
    [Arm::Standard, Arm::Guided, Arm::UniformMean, Arm::Shuffled, Arm::Reversed, Arm::Gaussian, Arm::None];
/// The text above the tables.
const HEADING: &str = "# Tables\n\nMade by `guided-dropout evidence` from the scores in evidence/ by the rules of [the protocol](protocol.md); \
                       the conclusions at the end are by hand. The answer in a page: [summary](summary.md).\n\n";
const CONCLUSIONS: &str = "\n## Conclusions\n";

type Failure = Box<dyn Error + Send + Sync>;

/// `docs/evidence/tables.md`, with the tables of the complete sets in `evidence/` above its conclusions, and the page's figure.
pub fn written() -> Result<(String, String), Failure> {
    let plan = plan()?;
    let planned: Vec<u32> = serde_json::from_value(plan["seeds"].clone())?;
    let complete = |names: &[&str]| {
        let mut sets = Vec::new();
        for path in names.iter().copied().map(kept).filter(|path| path.exists()) {
            let set: Set = serde_json::from_slice(&fs::read(path)?)?;
            sets.extend(set.of_seeds(&planned)); // a set is looked at when it is complete
        }
        Ok::<_, Failure>(sets)
    };
    let mut long = complete(&LONG)?;
    if long.len() < LONG.len() {
        long.clear(); // they are judged together
    }
    let (results, mut figure) = report(&plan, &complete(&SETS)?, &complete(&LARGER)?, &complete(&ALL_ROWS)?, &long)?;
    figure["second"] = second::figure()?.into();
    let text = fs::read_to_string(tables_file())?;
    let (_, conclusions) = text.split_once(CONCLUSIONS).ok_or("docs/evidence/tables.md has no conclusions")?;
    Ok((format!("{HEADING}{results}{CONCLUSIONS}{conclusions}"), serde_json::to_string(&figure)?))
}

/// The pre-registered part.
pub fn plan() -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&fs::read(root().join("evidence/plan.json"))?)?)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn tables_file() -> PathBuf {
    root().join("docs/evidence/tables.md")
}

fn kept(set: &str) -> PathBuf {
    root().join("evidence").join(set).with_extension("json")
}

/// Make the evidence's tables and the page's figure again, after taking in new results
///
/// Without results: writes the tables of docs/evidence/tables.md, and www/data/evidence.json for the page, from those sets of
/// evidence/ that have all seeds of evidence/plan.json. With results: first takes their scores into evidence/SET.json.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    second: Option<Second>,
    /// results.json files, named SET.….json as scripts/evidence.sh names them
    #[arg(requires_all = ["commit", "date"])]
    results: Vec<PathBuf>,
    /// Commit of the program that made them
    #[arg(long)]
    commit: Option<String>,
    /// Day on which they were made, YYYY-MM-DD
    #[arg(long)]
    date: Option<String>,
}

/// Of the second protocol.
#[derive(clap::Subcommand)]
enum Second {
    Run(second::RunArguments),
    /// Make the tables of docs/evidence/protocol-2.md again, from the complete cells of evidence/second/
    Report,
}

/// Takes results in, and writes; or does what is asked of the second protocol.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    match &arguments.second {
        Some(Second::Run(arguments)) => return second::run(arguments),
        Some(Second::Report) => return second::report(),
        None => {}
    }
    let commit = arguments.commit.as_deref().unwrap_or_default();
    let date = arguments.date.as_deref().unwrap_or_default();
    for path in &arguments.results {
        take(path, commit, date)?;
    }
    let (page, figure) = written()?;
    files::replace("evidence", &tables_file(), page.as_bytes())?;
    files::replace("evidence", &root().join("www/data/evidence.json"), figure.as_bytes())?;
    if json {
        println!("{figure}");
    }
    Ok(())
}

/// Takes the scores of one file of results into its set.
fn take(path: &Path, commit: &str, date: &str) -> Result<(), Failure> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = stem.split('.').next().unwrap_or_default();
    if !SETS.iter().chain(&LARGER).chain(&ALL_ROWS).chain(&LONG).any(|set| *set == name) {
        return Err(format!("{}: no set of the protocol is named {name}", path.display()).into());
    }
    let results = serde_json::from_slice(&files::read("RESULTS", path)?)?;
    let more = Set::of(&results, &plan()?, name, commit, date)?;
    let set = if kept(name).exists() {
        let mut set: Set = serde_json::from_slice(&files::read("evidence", &kept(name))?)?;
        set.add(more)?;
        set
    } else {
        more
    };
    files::replace("evidence", &kept(name), serde_json::to_string_pretty(&set)?.as_bytes())
}
