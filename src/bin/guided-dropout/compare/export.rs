//! `compare --export`: the plan with its data, for a cluster.

use super::inputs::Inputs;
use crate::{Failure, files};
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::config::Config;
use guided_dropout_lab::lab::plan::PortablePlan;
use std::path::Path;

/// Checks the plan as an experiment would, and writes it.
pub fn write(path: &Path, lab: &Lab, config: Config, inputs: &Inputs, json: bool) -> Result<(), Failure> {
    if !inputs.dataset.corrections.is_empty() {
        return Err("--export: expected labels as FILE gives them, got corrections: a plan has one label a row".into());
    }
    let jobs = lab.plan(config.clone())?.jobs.len();
    let plan = PortablePlan::new(config, lab.dataset()?, lab.corpus(), Some(inputs.described.clone()))?;
    files::replace("--export", path, &serde_json::to_vec(&plan)?)?;
    if json {
        println!("{}", serde_json::json!({"export": path, "jobs": jobs}));
    } else {
        println!("{jobs} jobs, written to {}", path.display());
    }
    Ok(())
}
