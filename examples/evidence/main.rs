//! The evidence's tables, from its runs.
//!
//! `evidence COMMIT DAY RESULTS.json…` takes results, named SET.….json by `scripts/evidence.sh`, into `evidence/SET.json`, one score a
//! run, of a long one also those after each epoch; COMMIT is that of the core which made them. With or without any, it then writes
//! everything below "Results" in EVIDENCE.md, and `www/data/evidence.json` for the page's figures, from those sets that have all seeds of `evidence/plan.json`. The rules are those of the
//! protocol in EVIDENCE.md. The larger model's set, the sets of all rows and the long ones are tabled by themselves: Holm's families are their own.

mod checks;
mod foretold;
mod length;
mod set;
mod tables;

pub use set::Set;
pub use tables::{outcome, report};

use guided_dropout_lab::method::schedule::Arm;
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
const TABLES: &str = "\n## Results\n";
const CONCLUSIONS: &str = "\n## Conclusions\n";

type Failure = Box<dyn Error>;

/// `EVIDENCE.md` with the tables of the complete sets in `evidence/` between what stands above and below them, and the page's figure.
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
    let (results, figure) = report(&plan, &complete(&SETS)?, &complete(&LARGER)?, &complete(&ALL_ROWS)?, &long)?;
    let text = fs::read_to_string(root().join("EVIDENCE.md"))?;
    let protocol = text.split(TABLES).next().unwrap_or_default().trim_end();
    let conclusions = text.split_once(CONCLUSIONS).map_or("", |(_, below)| below);
    Ok((format!("{protocol}\n{TABLES}\n{results}{CONCLUSIONS}{conclusions}"), serde_json::to_string(&figure)?))
}

/// What was fixed beforehand.
pub fn plan() -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&fs::read(root().join("evidence/plan.json"))?)?)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn kept(set: &str) -> PathBuf {
    root().join("evidence").join(set).with_extension("json")
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (commit, day, files) = match &arguments[..] {
        [] => ("", "", &arguments[..]),
        [commit, day, files @ ..] => (commit.as_str(), day.as_str(), files),
        _ => return Err("evidence [COMMIT DAY RESULTS.json…]".into()),
    };
    for path in files.iter().map(Path::new) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = stem.split('.').next().unwrap_or_default();
        if !SETS.iter().chain(&LARGER).chain(&ALL_ROWS).chain(&LONG).any(|set| *set == name) {
            return Err(format!("{}: no set of the protocol is named {name}", path.display()).into());
        }
        let more = Set::of(&serde_json::from_slice(&fs::read(path)?)?, &plan()?, name, commit, day)?;
        let set = if kept(name).exists() {
            let mut set: Set = serde_json::from_slice(&fs::read(kept(name))?)?;
            set.add(more)?;
            set
        } else {
            more
        };
        fs::write(kept(name), serde_json::to_string_pretty(&set)?)?;
    }
    let (page, figure) = written()?;
    fs::write(root().join("EVIDENCE.md"), page)?;
    fs::write(root().join("www/data/evidence.json"), figure)?;
    Ok(())
}
