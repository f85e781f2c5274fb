//! `guided-dropout compare` on a tiny model.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../common/folder.rs"]
mod folder;

mod elsewhere;
mod files;
mod metric;
mod models;
mod runs;
mod said;
mod search;

use folder::Folder;
use serde_json::Value;
use std::fs;
use std::process::Command;

const ARMS: [&str; 8] = ["--arms", "guided,standard,shuffled", "--seeds", "2", "--epochs", "1", "--max-tokens", "24"];
const FISHER: [&str; 2] = ["--fisher-texts", "30"];
/// Two shards of Fisher information and a run for each arm and seed.
const JOBS: usize = 2 + 3 * 2;

impl Folder {
    /// A folder with labelled rows and prose.
    fn with_rows(test: &str) -> Folder {
        let folder = Folder::new(test);
        let rows =
            (0..16).map(|i| format!("the river and the boat {i} at night,water\na word on the board {i},school\n"));
        fs::write(folder.path("rows.csv"), format!("text,label\n{}", rows.collect::<String>())).unwrap();
        let prose = (0..30).map(|i| format!("the cat sat on the mat {i} and looked at the rain\n"));
        fs::write(folder.path("prose.txt"), prose.collect::<String>()).unwrap();
        folder
    }

    /// Runs `compare` on the rows with these arguments and gives what it wrote to `out`.
    fn compare(&self, out: &str, arguments: &[&str]) -> Result<Value, String> {
        let ran = self.command(out, arguments).output().unwrap();
        if !ran.status.success() {
            return Err(String::from_utf8(ran.stderr).unwrap());
        }
        Ok(serde_json::from_slice(&fs::read(self.path(out)).unwrap()).unwrap())
    }

    fn command(&self, out: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guided-dropout"));
        command.arg("compare").arg(self.path("rows.csv"));
        // What a test gives comes last, and `--model` may be among it.
        if !arguments.contains(&"--model") {
            command.args(["--model", "tests/fixtures/tiny_bert"]);
        }
        command.arg("--prose").arg(self.path("prose.txt")).arg("--out").arg(self.path(out)).args(arguments);
        command
    }

    fn journal(&self, out: &str) -> Vec<String> {
        fs::read_to_string(self.path(out)).unwrap().lines().map(String::from).collect()
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
