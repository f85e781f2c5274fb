//! `--save-models`: each arm's model of the first seed on the largest fraction, which is the one that the page keeps.

use super::inputs::Inputs;
use crate::{Failure, files};
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::card::{Package, model_card};
use guided_dropout_lab::lab::config::Config;
use guided_dropout_lab::lab::plan::{Job, JobKind, RunKey};
use guided_dropout_lab::lab::results::Results;
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::models::folder::{WEIGHTS, fine_tuned_config, tokenizer_config};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with one of each arm's in it. It lies beside the results, as the journal does: what is in it is of the journal's experiment.
pub struct Models<'a> {
    pub folder: PathBuf,
    pub inputs: &'a Inputs,
    pub config: &'a Config,
}

impl Models<'_> {
    /// The arm whose model this job trains, if it is one that is saved.
    fn arm_of(&self, job: &Job) -> Option<Arm> {
        match job.kind {
            JobKind::Run { run: RunKey { arm, seed, fraction }, .. } => {
                ((seed, fraction) == (self.config.seeds[0], self.config.fractions[0])).then_some(arm)
            }
            _ => None,
        }
    }

    fn of(&self, arm: Arm) -> PathBuf {
        self.folder.join(arm.name())
    }

    /// Whether the model of a finished job is not there: the program may have been stopped before it was written.
    pub fn lack(&self, job: &Job) -> bool {
        self.arm_of(job).is_some_and(|arm| !self.of(arm).join(WEIGHTS).is_file())
    }

    /// Writes the model of the run that the lab has just ended, the weights last.
    pub fn save(&self, job: &Job, lab: &Lab) -> Result<(), Failure> {
        let Some(arm) = self.arm_of(job) else { return Ok(()) };
        let (folder, pretrained) = (self.of(arm), lab.pretrained()?);
        fs::create_dir_all(&folder).map_err(|error| files::named("--save-models", &folder, &error))?;
        let config = fine_tuned_config(
            &self.inputs.model.config,
            &lab.dataset()?.labels,
            pretrained.config.family,
            pretrained.tokenizer.pad_id(),
        )?;
        let weights = pollster::block_on(lab.export_model())?;
        let written: [(&str, &[u8]); 4] = [
            ("config.json", &config),
            ("tokenizer.json", &self.inputs.model.tokenizer),
            ("tokenizer_config.json", &tokenizer_config(&pretrained.config)),
            (WEIGHTS, &weights),
        ];
        written.iter().try_for_each(|(name, bytes)| files::replace("--save-models", &folder.join(name), bytes))
    }

    /// Adds a model card to each folder.
    pub fn describe(&self, results: &Results) -> Result<(), Failure> {
        let document = serde_json::to_value(results)?;
        let there = self.config.arms.iter().map(|&arm| (arm, self.of(arm)));
        for (arm, folder) in there.filter(|(_, folder): &(Arm, PathBuf)| folder.join(WEIGHTS).is_file()) {
            let card = model_card(&document, arm, Package::Transformers)?;
            files::replace("--save-models", &folder.join("README.md"), card.as_bytes())?;
        }
        Ok(())
    }
}

/// Where the models of an experiment with these results are.
pub fn beside(out: &Path) -> PathBuf {
    out.with_extension("models")
}
