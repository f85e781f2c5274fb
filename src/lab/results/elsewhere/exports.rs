//! Which program wrote a file of runs, and its rows.
//!
//! | program | file | known by |
//! |---|---|---|
//! | any | CSV, JSON Lines, a JSON array of objects | nothing else |
//! | MLflow, Weights & Biases | table of runs as CSV | `params.seed`, `config/seed`, `metrics.accuracy`, `Name` |
//! | Weights & Biases | a chart as CSV | columns `RUN - METRIC` after the step |
//! | TensorBoard | a scalar as CSV | columns `Wall time`, `Step`, `Value` |
//! | TensorBoard | scalars in long form | columns `run`, `tag`, `step`, `value` |
//! | Hugging Face's Trainer | `trainer_state.json` | `log_history` |
//!
//! Trackers count steps: a run's evaluations are numbered as epochs in the order of their steps.

use super::RunFile;
use super::names::metric_in;
use super::row::{Row, of_csv, of_json_lines};
use crate::error::{Error, ErrorKind, Place, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One value of one metric.
struct Scalar {
    line: u64,
    run: String,
    step: u64,
    metric: &'static str,
    value: String,
}

/// The rows of a file.
///
/// # Errors
/// [`ErrorKind::Dataset`] naming file, line and column of what is not as its form asks for.
pub(super) fn rows_of(file: &RunFile) -> Result<Vec<Row>> {
    match file.bytes.trim_ascii_start().first() {
        Some(b'{') => {
            match serde_json::from_slice::<Value>(file.bytes).ok().as_ref().and_then(|it| it.get("log_history")) {
                Some(history) => of_objects(file, history, |entry| entry.keys().any(|key| key.starts_with("eval_"))),
                None => of_json_lines(file),
            }
        }
        Some(b'[') => {
            let array = serde_json::from_slice::<Value>(file.bytes)
                .map_err(|error| wrong(file, 1, "a JSON array of objects", &error.to_string()))?;
            of_objects(file, &array, |_| true)
        }
        _ => of_table(file),
    }
}

fn of_objects(file: &RunFile, array: &Value, wanted: impl Fn(&Map<String, Value>) -> bool) -> Result<Vec<Row>> {
    let objects: Option<Vec<&Map<String, Value>>> =
        array.as_array().and_then(|all| all.iter().map(Value::as_object).collect());
    let objects = objects.ok_or_else(|| wrong(file, 1, "a JSON array of objects", "another value"))?;
    Ok(objects.into_iter().filter(|object| wanted(object)).map(|object| Row::new(file, None, object.clone())).collect())
}

fn of_table(file: &RunFile) -> Result<Vec<Row>> {
    let (header, records) = of_csv(file)?;
    let at = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
    let scalars = if let (Some(run), Some(tag), Some(step), Some(value)) =
        (at("run"), at("tag"), at("step"), at("value"))
    {
        let of = |(line, record): &(u64, csv::StringRecord)| {
            metric_in(&record[tag])
                .map(|metric| scalar(file, *line, &record[run], &record[step], metric, &record[value]))
        };
        records.iter().filter_map(of).collect::<Result<Vec<_>>>()?
    } else if let (Some(_), Some(step), Some(value)) = (at("wall time"), at("step"), at("value")) {
        let stem = file.name.rsplit_once('.').map_or(file.name, |(stem, _)| stem);
        let metric =
            metric_in(stem).ok_or_else(|| wrong(file, 1, "a metric at the end of the file's name", file.name))?;
        let of = |(line, record): &(u64, csv::StringRecord)| {
            scalar(file, *line, file.name, &record[step], metric, &record[value])
        };
        records.iter().map(of).collect::<Result<Vec<_>>>()?
    } else if let Some(charted) = charted(&header) {
        let of = |(line, record): &(u64, csv::StringRecord)| {
            let filled = charted.iter().filter(|(place, ..)| !record[*place].is_empty());
            filled
                .map(|(place, run, metric)| scalar(file, *line, run, &record[0], metric, &record[*place]))
                .collect::<Vec<_>>()
        };
        records.iter().flat_map(of).collect::<Result<Vec<_>>>()?
    } else {
        let named = |record: &csv::StringRecord| {
            header.iter().zip(record).map(|(name, value)| (name.to_string(), Value::from(value))).collect::<Vec<_>>()
        };
        return Ok(records.iter().map(|(line, record)| Row::new(file, *line, named(record))).collect());
    };
    Ok(gathered(file, scalars))
}

/// Place, run and metric of each column of a chart; none where the table is no chart. Its columns of least and greatest values are left alone.
fn charted(header: &csv::StringRecord) -> Option<Vec<(usize, &str, &'static str)>> {
    let step = header
        .get(0)
        .is_some_and(|first| ["step", "_step", "epoch", "global_step"].contains(&first.to_lowercase().as_str()));
    let column = |(place, name)| {
        let (run, tag) = str::rsplit_once(name, " - ")?;
        Some((place, run, metric_in(tag)?))
    };
    let columns: Vec<_> = header.iter().enumerate().skip(1).filter_map(column).collect();
    (step && !columns.is_empty()).then_some(columns)
}

fn scalar(file: &RunFile, line: u64, run: &str, step: &str, metric: &'static str, value: &str) -> Result<Scalar> {
    let counted = step.parse::<f64>().ok().filter(|step| step.fract() == 0.0 && *step >= 0.0);
    let step = counted.ok_or_else(|| wrong(file, line, "a step that is a whole number", step))? as u64;
    Ok(Scalar { line, run: run.to_string(), step, metric, value: value.to_string() })
}

/// One row for each run and step, with the metrics of both.
fn gathered(file: &RunFile, scalars: Vec<Scalar>) -> Vec<Row> {
    let mut runs: BTreeMap<String, BTreeMap<u64, Vec<Scalar>>> = BTreeMap::new();
    for scalar in scalars {
        runs.entry(scalar.run.clone()).or_default().entry(scalar.step).or_default().push(scalar);
    }
    let row = |run: &str, epoch: usize, scalars: Vec<Scalar>| {
        let line = scalars[0].line;
        let scores = scalars.into_iter().map(|it| (it.metric.to_string(), Value::from(it.value)));
        let about = [("run".to_string(), Value::from(run)), ("epoch".to_string(), Value::from(epoch))];
        Row::new(file, line, about.into_iter().chain(scores))
    };
    let of_run = |(run, steps): (String, BTreeMap<u64, Vec<Scalar>>)| {
        let numbered = (1..).zip(steps.into_values());
        numbered.map(|(epoch, scalars)| row(&run, epoch, scalars)).collect::<Vec<_>>()
    };
    runs.into_iter().flat_map(of_run).collect()
}

fn wrong(file: &RunFile, line: u64, expected: &str, got: &str) -> Error {
    Error::new(ErrorKind::Dataset, Place::named(file.name).line(line), expected, got)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use crate::error::Result;
    use crate::lab::results::{RunFile, RunTable};
    use crate::method::arms::Arm;

    fn read(files: &[(&str, &str)]) -> Result<RunTable> {
        let files: Vec<_> = files.iter().map(|(name, text)| RunFile { name, bytes: text.as_bytes() }).collect();
        RunTable::read(&files)
    }

    /// Two arms, two seeds, two evaluations each.
    fn plain() -> RunTable {
        let mut table = String::from("arm,seed,epoch,accuracy\n");
        for (arm, seed, epoch, score) in scores() {
            table.push_str(&format!("{arm},{seed},{epoch},{score}\n"));
        }
        read(&[("runs.csv", &table)]).unwrap()
    }

    fn scores() -> Vec<(Arm, u32, u32, f64)> {
        let runs = [(Arm::Guided, 1), (Arm::Guided, 2), (Arm::UniformMean, 1), (Arm::UniformMean, 2)];
        let of_run = |(arm, seed)| [1, 2].map(|epoch| (arm, seed, epoch, 0.5 + 0.01 * f64::from(seed * 2 + epoch)));
        runs.into_iter().flat_map(of_run).collect()
    }

    #[test]
    fn tables_of_other_trackers_are_the_same_runs() {
        let mut mlflow = String::from("run_id,status,metrics.eval_accuracy,params.arm,params.epoch,params.seed\n");
        let mut wandb = String::from("Name,State,config/epoch,config/seed,summary/eval/accuracy\n");
        let mut long = String::from("run,tag,step,value,wall_time\n");
        let mut lines = Vec::new();
        for (arm, seed, epoch, score) in scores() {
            mlflow.push_str(&format!("x,FINISHED,{score},{arm},{epoch},{seed}\n"));
            wandb.push_str(&format!("{arm}-a17,finished,{epoch},{seed},{score}\n"));
            long.push_str(&format!("{arm}_seed{seed},eval/accuracy,{},{score},1\n", epoch * 63));
            long.push_str(&format!("{arm}_seed{seed},train/loss,{},0.5,1\n", epoch * 63));
            lines.push(format!("{{\"arm\": \"{arm}\", \"seed\": {seed}, \"epoch\": {epoch}, \"accuracy\": {score}}}"));
        }
        for text in [mlflow, wandb, long, format!("[{}]", lines.join(",\n"))] {
            assert_eq!(read(&[("runs", &text)]).unwrap(), plain(), "{text}");
        }
    }

    #[test]
    fn a_chart_and_files_of_a_run_each_are_the_same_runs() {
        let mut header = String::from("\"Step\"");
        let (mut first, mut second) = (String::from("63"), String::from("126"));
        let (mut scalars, mut states) = (Vec::new(), Vec::new());
        for pair in scores().chunks(2) {
            let (arm, seed, (one, two)) = (pair[0].0, pair[0].1, (pair[0].3, pair[1].3));
            let run = format!("{arm}-seed-{seed}");
            header.push_str(&format!(",\"{run} - eval/accuracy\",\"{run} - eval/accuracy__MIN\""));
            first.push_str(&format!(",{one},0.1"));
            second.push_str(&format!(",{two},0.1"));
            let values = format!("Wall time,Step,Value\n1.5,63,{one}\n2.5,126,{two}\n");
            scalars.push((format!("run-{run}-tag-eval_accuracy.csv"), values));
            let history = format!(
                r#"{{"best_metric": 0.5, "log_history": [{{"epoch": 0.5, "loss": 1}}, {{"epoch": 1.0, "eval_accuracy": {one}, "eval_loss": 0}},
                {{"epoch": 2.0, "eval_accuracy": {two}, "eval_loss": 0}}, {{"train_loss": 0.1, "epoch": 2.0}}]}}"#
            );
            states.push((format!("out/{run}/trainer_state.json"), history));
        }
        let chart = format!("{header}\n{first}\n{second}\n");
        assert_eq!(read(&[("chart.csv", &chart)]).unwrap(), plain());
        for files in [scalars, states] {
            let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            assert_eq!(read(&files).unwrap(), plain());
        }
    }

    #[test]
    fn what_a_name_does_not_say_is_asked_for() {
        let cases = [
            (
                "run-x.csv",
                "Wall time,Step,Value\n1,1,0.5\n",
                "run-x.csv, line 1: expected a metric at the end of the file's name",
            ),
            (
                "sunset-17-accuracy.csv",
                "Wall time,Step,Value\n1,1,0.5\n",
                "column \"arm\": expected a column arm, or a run's name with one of standard",
            ),
            (
                "guided-accuracy.csv",
                "Wall time,Step,Value\n1,1,0.5\n",
                "line 2, column \"seed\": expected a seed, got none",
            ),
            (
                "long.csv",
                "run,tag,step,value\nguided-seed-1,accuracy,one,0.5\n",
                "line 2: expected a step that is a whole number, got one",
            ),
            ("list.json", "[1, 2]", "list.json, line 1: expected a JSON array of objects, got another value"),
        ];
        for (name, text, words) in cases {
            let said = read(&[(name, text)]).unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}
