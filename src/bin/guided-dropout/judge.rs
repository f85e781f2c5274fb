//! `judge`: runs that were made elsewhere, compared by the same statistics as the lab's own.

use crate::report::Report;
use crate::{Failure, files};
use guided_dropout_lab::data::dataset::Task;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::formats::RESULTS;
use guided_dropout_lab::lab::results::{BaselineRun, Judgement, Probe, RunReport, RunTable};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Compare runs that were made elsewhere: a results.json, or a CSV or JSON Lines table of arm, seed, metric, and perhaps fraction and epoch
#[derive(clap::Args)]
pub struct Arguments {
    /// results.json, or the table
    pub file: PathBuf,
    /// Where results with comparisons and verdict go; may be FILE itself. A table gives a file with these alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// The parts of a results.json that are judged.
#[derive(Deserialize)]
struct Judged {
    config: RawConfig,
    dataset: Described,
    runs: Vec<RunReport>,
    #[serde(default)]
    baselines: Vec<BaselineRun>,
    #[serde(default)]
    probes: Vec<Probe>,
}

#[derive(Deserialize)]
struct Described {
    task: Task,
    #[serde(default)]
    labels: Vec<String>,
}

/// Judges, prints, and writes where that is asked for.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let path = arguments.file.display();
    let bytes = files::read("FILE", &arguments.file)?;
    let named = |error: String| -> Failure { format!("FILE {path}: {error}").into() };
    // JSON Lines are several documents, and a CSV is none.
    let document = serde_json::from_slice::<Value>(&bytes).ok().filter(|it| it.get("format").is_some());
    let (document, judgement) = match document {
        Some(document) => of_results(document).map_err(|error| named(error.to_string()))?,
        None => {
            let RunTable { config, task, runs } = RunTable::read(&bytes).map_err(|error| named(error.to_string()))?;
            let config = config.check().map_err(|error| named(error.to_string()))?;
            let judgement = Judgement::new(&config, task, &[], &runs);
            (described(&config, task, &runs), judgement)
        }
    };
    if let Some(out) = &arguments.out {
        files::replace("--out", out, &serde_json::to_vec_pretty(&with_judgement(document, &judgement)?)?)?;
    }
    let report = Report {
        comparisons: &judgement.comparisons,
        baseline_comparisons: &judgement.baseline_comparisons,
        remarks: judgement.remarks.iter().map(|worded| worded.remark.text()).collect(),
        verdict: &judgement.verdict,
        out: arguments.out.as_deref(),
    };
    report.print(json);
    Ok(())
}

fn of_results(document: Value) -> Result<(Value, Judgement), Failure> {
    let (format, version) = (document["format"].as_str().unwrap_or_default(), document["version"].as_u64());
    if format != RESULTS.name || version.is_none_or(|version| version > RESULTS.version.into()) {
        let version = version.map_or("none".into(), |version| version.to_string());
        let expected = format!("{} of version {} or before", RESULTS.name, RESULTS.version);
        return Err(format!("expected {expected}, got {format:?} of version {version}").into());
    }
    let Judged { config, dataset, runs, baselines, probes } = Judged::deserialize(&document)?;
    let (config, task) = (config.check()?, dataset.task);
    let judgement = Judgement::new(&config, task, &dataset.labels, &runs);
    Ok((document, judgement.with_beside(&config, task, &runs, &baselines, &probes)))
}

/// What a table says, in the words of results.json.
fn described(config: &Config, task: Task, runs: &[RunReport]) -> Value {
    json!({"format": RESULTS.name, "version": RESULTS.version, "config": config, "dataset": {"task": task, "labels": []}, "runs": runs})
}

/// The document with every part that is judged anew.
fn with_judgement(mut document: Value, judgement: &Judgement) -> Result<Value, Failure> {
    document["baseline_comparisons"] = json!([]); // left out of a judgement that has none
    if let Value::Object(parts) = serde_json::to_value(judgement)? {
        parts.into_iter().for_each(|(part, value)| document[part] = value);
    }
    Ok(document)
}
