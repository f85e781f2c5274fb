//! Finished jobs on disk, from which an interrupted experiment resumes.
//!
//! The first line says which experiment and which build of the program; each other line is a finished job. Every line begins
//! with the SHA-256 of the rest. A line that was cut short, or is not the job that it claims to be, is done again.

use super::inputs::hex;
use crate::Failure;
use guided_dropout_lab::device::DeviceKind;
use guided_dropout_lab::lab::config::Config;
use guided_dropout_lab::lab::plan::{Job, JobKind, RunKey};
use guided_dropout_lab::lab::results::{Inputs, RunReport};
use guided_dropout_lab::method::fisher::TextFisher;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The result of a finished job.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finished {
    Fisher(Vec<TextFisher>),
    Run(Box<RunReport>),
}

/// Which experiment a journal is of.
#[derive(PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub format: String,
    pub program: Program,
    pub config: serde_json::Value,
    pub inputs: Inputs,
    pub device: DeviceKind,
}

/// Which program made it. Two builds of one version may differ in a number's last digits.
#[derive(PartialEq, Serialize, Deserialize)]
pub struct Program {
    pub version: String,
    /// Of the executable.
    pub sha256: String,
}

impl Program {
    pub fn this() -> Result<Program, Failure> {
        let executable = std::env::current_exe()?;
        Ok(Program { version: env!("CARGO_PKG_VERSION").into(), sha256: hex(&fs::read(executable)?) })
    }
}

/// Of an experiment's settings those that its jobs depend on: the metric only says which of their scores counts.
///
/// # Errors
/// Never: settings are plain data.
pub fn settings(config: &Config) -> Result<serde_json::Value, Failure> {
    let mut settings = serde_json::to_value(config)?;
    settings.as_object_mut().map(|settings| settings.remove("metric"));
    Ok(settings)
}

/// The checks that a recorded job must pass.
pub struct Expected<'a> {
    pub config: &'a Config,
    pub jobs: &'a [Job],
    /// Tensors of the model whose Fisher information is kept.
    pub tensors: usize,
    /// Rows of each test part.
    pub test_rows: usize,
    /// Whether runs have the probability of every label.
    pub probabilities: bool,
}

impl Expected<'_> {
    /// Whether this is what the plan's job of this name leaves.
    fn fits(&self, id: &str, finished: &Finished) -> bool {
        let Some(job) = self.jobs.iter().find(|job| job.id == id) else { return false };
        match (&job.kind, finished) {
            (&JobKind::Fisher { from, to }, Finished::Fisher(texts)) => {
                let mut indices: Vec<usize> = texts.iter().map(|text| text.index).collect();
                indices.sort_unstable();
                let finite = |text: &TextFisher| text.loss.is_finite() && text.means.iter().all(|m| m.is_finite());
                indices.into_iter().eq(from..to) && texts.iter().all(|t| t.means.len() == self.tensors && finite(t))
            }
            (&JobKind::Run { run: RunKey { arm, seed, fraction }, .. }, Finished::Run(run)) => {
                (run.arm, run.seed, run.fraction) == (arm, seed, fraction)
                    && run.steps.len() == job.units
                    && run.epochs.len() == self.config.of(arm, fraction).evaluations()
                    && run.predictions.len() == self.test_rows
                    && (!self.probabilities || run.probabilities.len() == self.test_rows)
            }
            (&JobKind::Trial { run: RunKey { arm, seed, fraction }, .. }, Finished::Run(run)) => {
                (run.arm, run.seed, run.fraction) == (arm, seed, fraction)
                    && run.steps.len() == job.units
                    && run.epochs.len() == 1
            }
            _ => false,
        }
    }
}

/// Finished jobs, in memory and on disk.
pub struct Journal {
    path: PathBuf,
    pub done: HashMap<String, Finished>,
    file: File,
}

impl Journal {
    /// Opens the journal of this experiment, or begins one. Says on standard error how many lines it does not believe.
    ///
    /// # Errors
    /// A journal of another experiment or of another build of the program.
    pub fn open(path: &Path, header: &Header, expected: &Expected) -> Result<Journal, Failure> {
        let failed = |error: std::io::Error| Failure::from(format!("journal {}: {error}", path.display()));
        let bytes = if path.exists() { fs::read(path).map_err(failed)? } else { Vec::new() };
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines();
        let mut done = HashMap::new();
        // Killed before its first line was whole, it is empty and nobody's.
        let is_begun = match lines.next().and_then(checked) {
            Some(first) => {
                check_header(path, serde_json::from_str(first).ok(), header)?;
                true
            }
            None if is_cut_header(&bytes) => false,
            None => return Err(other(path, "something else than an experiment's journal")),
        };
        let mut doubted = 0;
        for line in lines {
            let read = checked(line).and_then(|line| serde_json::from_str::<(String, Finished)>(line).ok());
            match read.filter(|(id, finished)| expected.fits(id, finished)) {
                Some((id, finished)) => drop(done.insert(id, finished)),
                None => doubted += 1,
            }
        }
        if doubted > 0 {
            eprintln!("journal {}: {doubted} lines are damaged or of other jobs; these are done again", path.display());
        }
        let mut file = if is_begun {
            OpenOptions::new().append(true).open(path).map_err(failed)?
        } else {
            File::create(path).map_err(failed)?
        };
        if !is_begun {
            write_line(&mut file, &serde_json::to_string(header)?).map_err(failed)?;
        } else if !bytes.ends_with(b"\n") {
            writeln!(file).map_err(failed)?; // ends the line that was cut short
        }
        Ok(Journal { path: path.into(), done, file })
    }

    /// Keeps what a job left.
    pub fn keep(&mut self, id: &str, finished: Finished) -> Result<(), Failure> {
        write_line(&mut self.file, &serde_json::to_string(&(id, &finished))?)
            .map_err(|error| format!("journal {}: {error}", self.path.display()))?;
        self.done.insert(id.to_string(), finished);
        Ok(())
    }
}

/// One call, so that two lines never mix and a kill cuts at most one.
fn write_line(file: &mut File, json: &str) -> std::io::Result<()> {
    file.write_all(format!("{} {json}\n", hex(json.as_bytes())).as_bytes())
}

/// Whether a kill may have left this of the first line: its beginning, or nothing.
fn is_cut_header(bytes: &[u8]) -> bool {
    !bytes.contains(&b'\n') && bytes.iter().take(64).all(u8::is_ascii_hexdigit)
}

/// A line without its checksum, if that is right.
fn checked(line: &str) -> Option<&str> {
    line.split_once(' ').filter(|(sha256, json)| *sha256 == hex(json.as_bytes())).map(|(_, json)| json)
}

fn check_header(path: &Path, found: Option<Header>, wanted: &Header) -> Result<(), Failure> {
    let found = found.ok_or_else(|| other(path, "something else than an experiment's journal"))?;
    if found.program != wanted.program {
        let version = &found.program.version;
        let what = format!(
            "jobs of another build of the program (version {version}), whose numbers may differ in their last digits"
        );
        return Err(other(path, &what));
    }
    if found != *wanted {
        return Err(other(path, "another experiment"));
    }
    Ok(())
}

fn other(path: &Path, what: &str) -> Failure {
    format!("journal {} holds {what}: remove it, or choose another --out", path.display()).into()
}
