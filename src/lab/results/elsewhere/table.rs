//! Runs out of the rows of a table.
//!
//! Columns `arm` and `seed`, at least one metric, and perhaps `fraction` and `epoch`; other columns are left alone.

use super::RunFile;
use super::exports::rows_of;
use crate::data::dataset::Task;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::RawConfig;
use crate::lab::metric::metrics_of;
use crate::lab::results::{EpochReport, RunReport};
use crate::method::arms::Arm;

/// Runs, and the settings that they stand for: of these, arms, seeds, fractions and epochs are said.
#[derive(Debug, Clone, PartialEq)]
pub struct RunTable {
    /// Arms, seeds and fractions in the order of their first rows; of the other settings the defaults.
    pub config: RawConfig,
    /// By the metrics that the table has.
    pub task: Task,
    /// The runs, each with its evaluations in the order of epochs.
    pub runs: Vec<RunReport>,
}

impl RunTable {
    /// Reads one table, in as many files as it comes.
    ///
    /// # Errors
    /// [`ErrorKind::Dataset`] naming file, line and column: a column that is missing, an arm that the lab does not know, a value that is no number, an evaluation that is there twice.
    pub fn read(files: &[RunFile]) -> Result<RunTable> {
        let tables = files.iter().map(rows_of).collect::<Result<Vec<_>>>()?;
        let mut runs: Vec<RunReport> = Vec::new();
        for row in tables.iter().flatten() {
            let arm = row.arm()?;
            let seed = row.seed()?;
            let fraction = row.number("fraction")?.unwrap_or(1.0);
            let epoch = row.number("epoch")?.map(|epoch| epoch.ceil() as usize);
            let of_run = |run: &&mut RunReport| (run.arm, run.seed, run.fraction) == (arm, seed, fraction);
            let at = match runs.iter_mut().find(of_run) {
                Some(run) => run,
                None => {
                    runs.push(RunReport::new(arm, seed, fraction));
                    runs.last_mut().expect("a run was added")
                }
            };
            let epoch = epoch.unwrap_or(1);
            if at.epochs.iter().any(|other| other.epoch == epoch) {
                let got = format!("a second one of {arm}, seed {seed}, fraction {fraction}, epoch {epoch}");
                return Err(row.error("arm", "one row for each run and epoch", got));
            }
            let loss = |name| Ok::<_, Error>(row.number(name)?.unwrap_or(0.0));
            let (train_loss, eval_loss) = (loss("train_loss")?, loss("eval_loss")?);
            at.epochs.push(EpochReport { epoch, steps: 0, train_loss, eval_loss, scores: row.scores()? });
        }
        runs.iter_mut().for_each(|run| run.epochs.sort_by_key(|epoch| epoch.epoch));
        let task = task_of(&runs)?;
        Ok(RunTable { config: config_of(&runs), task, runs })
    }
}

/// The first task all of whose runs have its first metric.
fn task_of(runs: &[RunReport]) -> Result<Task> {
    let tasks = [Task::Classification, Task::Regression];
    let has = |task: &Task| !runs.is_empty() && runs.iter().all(|run| run.score(metrics_of(*task)[0]).is_some());
    tasks.into_iter().find(has).ok_or_else(|| {
        let expected = format!("{} or {} of every run", metrics_of(tasks[0])[0], metrics_of(tasks[1])[0]);
        let got = if runs.is_empty() { "no run" } else { "runs without it" };
        Error::new(ErrorKind::Dataset, Place::named("table of runs"), expected, got)
    })
}

fn config_of(runs: &[RunReport]) -> RawConfig {
    let longest = runs.iter().flat_map(|run| &run.epochs).map(|epoch| epoch.epoch).max();
    RawConfig {
        arms: runs.iter().map(|run| run.arm).collect(),
        seeds: runs.iter().map(|run| run.seed).collect(),
        fractions: runs.iter().map(|run| run.fraction).collect(),
        epochs: longest.unwrap_or(1),
        tuned_rate: runs.iter().any(|run| run.arm == Arm::Tuned).then_some(0.0), // how it was chosen is not said
        custom_rates: runs.iter().any(|run| run.arm == Arm::Custom).then(Vec::new),
        ..RawConfig::default()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RunTable> {
        RunTable::read(&[RunFile { name: "runs.csv", bytes: text.as_bytes() }])
    }

    #[test]
    fn csv_and_json_lines_of_the_same_runs_are_the_same() {
        let csv = "arm,seed,epoch,fraction,eval_accuracy,note\nguided,1,2,0.5,0.75,x\nguided,1,1,0.5,0.5,\nnone,1,1,0.5,0.25,\n";
        let lines = r#"{"arm": "guided", "seed": 1, "epoch": 2.0, "fraction": 0.5, "accuracy": 0.75}
            {"arm": "guided", "seed": 1, "epoch": 1, "fraction": 0.5, "accuracy": 0.5, "matthews": null}

            {"arm": "none", "seed": "1", "epoch": 1, "fraction": 0.5, "test/accuracy": 0.25}"#;
        let table = read(csv).unwrap();
        assert_eq!(table, read(lines).unwrap());
        assert_eq!(table.task, Task::Classification);
        let config = table.config.check().unwrap();
        assert_eq!((config.arms.as_slice(), config.epochs), ([Arm::Guided, Arm::None].as_slice(), 2));
        let epochs: Vec<_> = table.runs[0].epochs.iter().map(|it| (it.epoch, it.scores.accuracy)).collect();
        assert_eq!(epochs, [(1, Some(0.5)), (2, Some(0.75))]);
        let scores = read("arm,seed,pearson\nnone,3,0.5\n").unwrap();
        assert_eq!((scores.task, scores.runs[0].score("pearson")), (Task::Regression, Some(0.5)));
    }

    #[test]
    fn what_cannot_be_judged_is_named_by_line_and_column() {
        let cases = [
            ("arm,seed,accuracy\nmine,1,0.5\n", "line 2, column \"arm\": expected one of standard, guided"),
            ("arm,seed,accuracy\nnone,,0.5\n", "line 2, column \"seed\": expected a seed, got none"),
            ("arm,seed,accuracy\nnone,-1,0.5\n", "expected a whole number"),
            ("arm,seed,accuracy\nnone,1,high\n", "expected a number, got high"),
            ("arm,seed,accuracy\nnone,1,83.4\n", "column \"accuracy\": expected a number from 0 to 1, got 83.4"),
            ("arm,seed,pearson\nnone,1,-1.5\n", "expected a number from -1 to 1"),
            ("arm,seed,accuracy\nnone,1,NaN\n", "expected a finite number, got NaN"),
            (
                "arm,seed,accuracy\nnone,1,0.5\nnone,1,0.6\n",
                "line 3, column \"arm\": expected one row for each run and epoch",
            ),
            ("arm,seed,loss\nnone,1,0.5\n", "expected accuracy or pearson of every run, got runs without it"),
            ("arm,seed\n", "got no run"),
            ("arm,seed,accuracy\nnone,1\n", "expected CSV with a header"),
            ("{\"arm\": 1\n", "line 1: expected a JSON object"),
        ];
        for (text, words) in cases {
            let said = read(text).unwrap_err().to_string();
            assert!(said.contains(words), "{text}: {said}");
        }
    }
}
