//! The second protocol (docs/evidence/protocol-2.md): its runs by `evidence/plan-2.json`, and its tables.

mod data;
mod runs;
mod tables;

use super::{Failure, files, root};
use guided_dropout_lab::lab::tune::TuneGrid;
use guided_dropout_lab::method::arms::Arm;
use runs::Work;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;

/// Of a whole training part: what `rows` of a cell is a fraction of.
const TRAINED: f64 = 1000.0;

#[derive(Deserialize)]
struct Plan {
    cells: Vec<Cell>,
    arms: Vec<Arm>,
    spare_embeddings: String,
    tune: TuneGrid,
    epochs: BTreeMap<String, Vec<usize>>,
    config: Value,
}

#[derive(Deserialize)]
struct Cell {
    set: String,
    rows: usize,
}

impl Plan {
    /// Of the comparison.
    fn seeds(&self) -> Result<Vec<u32>, Failure> {
        Ok(serde_json::from_value(self.config["seeds"].clone())?)
    }
}

impl Cell {
    fn name(&self) -> String {
        format!("{}-{}", self.set, self.rows)
    }

    fn fraction(&self) -> f64 {
        self.rows as f64 / TRAINED
    }
}

/// Make the runs of the second protocol, one after another on one thread
///
/// Cell by cell in the plan's order: first each arm's search, on rows that no run of the comparison sees, then the probe of twice the length, then the
/// comparison, seed by seed. Every finished run is a line of WORK/CELL.jsonl; the same command resumes. A cell that another process works on is passed over.
/// After each complete seed, WORK/CELL.json holds what is kept of the cell. scripts/evidence2.sh calls this.
#[derive(clap::Args)]
pub struct RunArguments {
    /// evidence/plan-2.json
    plan: PathBuf,
    /// Folder with a folder of files for each set
    data: PathBuf,
    /// Folder of the model
    model: PathBuf,
    /// Plain text for Fisher information
    prose: PathBuf,
    /// Folder of the journals and results
    work: PathBuf,
    /// Commit of the program
    commit: String,
}

/// Makes the runs that no process makes and no journal holds.
pub fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let plan: Plan = serde_json::from_slice(&files::read("PLAN", &arguments.plan)?)?;
    for cell in &plan.cells {
        if tables::kept_in(&arguments.work, &plan, cell)?.is_some() {
            continue;
        }
        let lock = File::create(arguments.work.join(format!("{}.lock", cell.name())))?;
        if lock.try_lock().is_err() {
            continue;
        }
        Work::open(&plan, cell, arguments)?.finish()?;
    }
    Ok(())
}

/// Writes the results in `docs/evidence/protocol-2.md` from the complete cells in `evidence/second/`.
pub fn report() -> Result<(), Failure> {
    tables::write(&plan()?, root())
}

/// The tests of the complete cells, for the page.
pub fn figure() -> Result<Vec<Value>, Failure> {
    tables::figure(&plan()?, root())
}

fn plan() -> Result<Plan, Failure> {
    Ok(serde_json::from_slice(&fs::read(root().join("evidence/plan-2.json"))?)?)
}
