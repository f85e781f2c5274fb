//! `judge`: runs that were made elsewhere, compared by the same statistics as the lab's own.

use crate::report::Report;
use crate::setting::by_name;
use crate::{Failure, files};
use guided_dropout_lab::lab::metric::Metric;
use guided_dropout_lab::lab::results::{JudgedFile, RunFile};
use std::path::PathBuf;

/// Compare runs that were made elsewhere: a results.json, or a table of arm, seed, metric, and perhaps fraction and epoch
///
/// A table is CSV, JSON Lines, or an export of TensorBoard, Weights & Biases, MLflow or Hugging Face's Trainer (one trainer_state.json a run).
#[derive(clap::Args)]
pub struct Arguments {
    /// results.json, or the files of one table
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Where results with comparisons and verdict go; may be FILE itself where there is one. A table gives a file with these alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What the verdict is about: accuracy, macro_f1 or matthews, for scores pearson or spearman; what FILE says if not given
    #[arg(long, value_name = "NAME", value_parser = by_name::<Metric>)]
    pub metric: Option<Metric>,
}

/// Judges, prints, and writes where that is asked for.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let named = |path: &PathBuf| Ok((path.to_string_lossy().into_owned(), files::read("FILE", path)?));
    let read: Vec<(String, Vec<u8>)> = arguments.files.iter().map(named).collect::<Result<_, Failure>>()?;
    let read: Vec<RunFile> = read.iter().map(|(name, bytes)| RunFile { name, bytes }).collect();
    let judged = JudgedFile::read(&read, arguments.metric).map_err(|error| Failure::from(format!("FILE {error}")))?;
    if let Some(out) = &arguments.out {
        files::replace("--out", out, &serde_json::to_vec_pretty(&judged.document()?)?)?;
    }
    let judgement = &judged.judgement;
    let report = Report {
        comparisons: &judgement.comparisons,
        baseline_comparisons: &judgement.baseline_comparisons,
        remarks: judgement.remarks.iter().map(|worded| worded.text.clone()).collect(),
        doublings: judgement.doublings.iter().map(|doubling| doubling.text(None)).collect(),
        classes: (&judgement.classes, &[]),
        verdict: &judgement.verdict,
        suspects: None,          // they need the data set
        correction_effect: None, // and this the experiment before
        out: arguments.out.as_deref(),
    };
    report.print(json);
    Ok(())
}
