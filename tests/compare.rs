//! `examples/compare` on a tiny model: threads, plan files, and going on after an interruption.

#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code)] // its `main`
#[path = "../examples/compare.rs"]
mod compare;

use compare::compare;
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

const ARMS: [&str; 8] = ["--arms", "guided,standard,shuffled", "--seeds", "2", "--epochs", "1", "--max-tokens", "24"];
const FISHER: [&str; 2] = ["--fisher-texts", "30"];
/// Two shards of Fisher information and a run for each arm and seed.
const JOBS: usize = 2 + 3 * 2;

/// A folder with labelled rows and prose, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("guided-dropout-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let rows =
            (0..16).map(|i| format!("the river and the boat {i} at night,water\na word on the board {i},school\n"));
        fs::write(folder.join("rows.csv"), format!("text,label\n{}", rows.collect::<String>())).unwrap();
        let prose = (0..30).map(|i| format!("the cat sat on the mat {i} and looked at the rain\n"));
        fs::write(folder.join("prose.txt"), prose.collect::<String>()).unwrap();
        Folder(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Runs `compare` on the rows with these arguments and gives what it wrote to `out`.
    fn compare(&self, out: &str, arguments: &[&str]) -> Result<Value, String> {
        let path = |flag: &str, path: &Path| [OsString::from(flag), path.into()];
        let mut all: Vec<OsString> = vec![self.path("rows.csv").into()];
        all.extend(path("--model", Path::new("tests/fixtures/tiny_bert")));
        all.extend(path("--prose", &self.path("prose.txt")));
        all.extend(path("--out", &self.path(out)));
        all.extend(arguments.iter().map(OsString::from));
        compare(all).map_err(|error| error.to_string())?;
        Ok(serde_json::from_slice(&fs::read(self.path(out)).unwrap()).unwrap())
    }

    fn journal(&self, out: &str) -> Vec<String> {
        fs::read_to_string(self.path(out)).unwrap().lines().map(String::from).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // what is left lies among other temporary files
    }
}

/// The times of all runs are taken out and given.
fn without_times(mut results: Value) -> (Value, Vec<f64>) {
    let runs = results["runs"].as_array_mut().unwrap().iter_mut();
    let times = runs.map(|run| run.as_object_mut().unwrap().remove("elapsed_ms").unwrap().as_f64().unwrap()).collect();
    (results, times)
}

fn all<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ARMS.into_iter().chain(FISHER).chain(more.iter().copied()).collect()
}

#[test]
fn threads_and_the_order_of_jobs_leave_no_trace() {
    let folder = Folder::new("threads");
    let (one, _) = without_times(folder.compare("one.json", &all(&["--threads", "1"])).unwrap());
    let (three, _) = without_times(folder.compare("three.json", &all(&["--threads", "3"])).unwrap());
    assert_eq!(one["runs"].as_array().unwrap().len(), 6);
    assert_eq!(one, three);
}

#[test]
fn an_interrupted_experiment_goes_on_where_it_was() {
    let folder = Folder::new("resume");
    let (whole, times) = without_times(folder.compare("whole.json", &all(&["--threads", "1"])).unwrap());
    let lines = folder.journal("whole.jobs.jsonl");
    assert_eq!(lines.len(), 1 + JOBS);
    // Three jobs are kept; the fourth was being written.
    let (kept, cut) = (lines[..4].join("\n"), &lines[4][..lines[4].len() / 2]);
    fs::write(folder.path("again.jobs.jsonl"), format!("{kept}\n{cut}")).unwrap();
    let (again, new_times) = without_times(folder.compare("again.json", &all(&[])).unwrap());
    assert_eq!(again, whole);
    assert_eq!(
        times.iter().filter(|time| new_times.contains(time)).count(),
        1,
        "one run was kept, five were made anew"
    );
    assert_eq!(folder.journal("again.jobs.jsonl").len(), 1 + JOBS + 1, "the line that was cut stays alone");
    let (_, third_times) = without_times(folder.compare("again.json", &all(&[])).unwrap());
    assert_eq!(third_times, new_times, "nothing is left to do");
    let refusal = folder.compare("again.json", &all(&["--epochs", "2"])).unwrap_err();
    assert!(refusal.contains("holds another experiment"), "{refusal}");
}

#[test]
fn a_plan_file_stands_for_the_settings() {
    let folder = Folder::new("plan");
    let first = all(&["--fractions", "1,0.5", "--max-rows", "24", "--batch-size", "4"]);
    let (by_options, _) = without_times(folder.compare("options.json", &first).unwrap());
    let plan = folder.path("options.json");
    let planned = ["--plan", plan.to_str().unwrap(), "--max-rows", "24"];
    let (by_results, _) = without_times(folder.compare("results.json", &planned).unwrap());
    assert_eq!(by_results, by_options);
    let experiment = serde_json::json!({
        "format": "guided-dropout-experiment", "config": by_options["config"],
        "inputs": {"dataset": {"name": "other.csv", "sha256": {"other.csv": "0"}, "options": {"max_rows": 24}},
            "model": {"sha256": {"config.json": "1"}}, "corpus": {"sha256": {"prose.txt": "2"}}},
    });
    let plan = folder.path("experiment.json");
    fs::write(&plan, experiment.to_string()).unwrap();
    let (by_experiment, _) = without_times(folder.compare("third.json", &["--plan", plan.to_str().unwrap()]).unwrap());
    assert_eq!(by_experiment, by_options);
    let wider = ["--seeds", "1", "--plan", plan.to_str().unwrap()];
    assert_eq!(folder.compare("fourth.json", &wider).unwrap()["runs"].as_array().unwrap().len(), 6, "options win");
}

/// One word of one row is not a number: the runs that meet it are lost, the others are compared.
#[test]
fn a_run_that_diverges_is_missing_and_the_others_go_on() {
    let folder = Folder::new("diverged");
    let rows = fs::read_to_string(folder.path("rows.csv")).unwrap();
    fs::write(folder.path("rows.csv"), rows.replacen("at night,", "at night x,", 1)).unwrap();
    let mut weights = fs::read("tests/fixtures/tiny_bert/model.safetensors").unwrap();
    let offset = {
        let file = safetensors::SafeTensors::deserialize(&weights).unwrap();
        let words = file.tensor("bert.embeddings.word_embeddings.weight").unwrap();
        const X: usize = 84; // its place in the vocabulary
        words.data().as_ptr() as usize - weights.as_ptr() as usize + 4 * X * words.shape()[1]
    };
    weights[offset..offset + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(Path::new("tests/fixtures/tiny_bert").join(name), folder.path(name)).unwrap();
    }
    fs::write(folder.path("model.safetensors"), weights).unwrap();
    let model = folder.0.to_str().unwrap();
    let plan =
        ["--model", model, "--arms", "standard,none", "--seeds", "3", "--fractions", "1,0.25", "--max-tokens", "24"];
    let results = folder.compare("out.json", &plan).unwrap();
    let runs = results["runs"].as_array().unwrap();
    assert!(!runs.is_empty() && runs.len() <= 6, "{} of 12 runs", runs.len());
    assert!(runs.iter().all(|run| run["fraction"] == 0.25), "with all rows, every run meets it");
    let comparisons = results["comparisons"].as_array().unwrap();
    let missing = comparisons.iter().map(|c| c["missing_seeds"].as_array().unwrap().len()).collect::<Vec<_>>();
    assert_eq!((missing[0], missing[1]), (3, 3 - runs.len() / 2));
}
