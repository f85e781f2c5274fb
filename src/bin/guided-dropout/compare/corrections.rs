//! Corrected labels, and the experiment before them.

use crate::{Failure, files};
use guided_dropout_lab::data::dataset::ReadOptions;
use guided_dropout_lab::lab::results::Earlier;
use std::path::{Path, PathBuf};

/// The files that name them.
#[derive(clap::Args)]
pub struct Corrections {
    /// Labels that are not trained on as FILE gives them: JSON, as inputs.dataset.options.corrections of a results.json
    #[arg(long, value_name = "FILE")]
    corrections: Option<PathBuf>,
    /// The results.json of the same experiment before the corrections, to compare with
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
}

impl Corrections {
    /// Has the rows read with these corrections, instead of a plan's.
    pub fn apply(&self, reading: &mut ReadOptions) -> Result<(), Failure> {
        if let Some(path) = &self.corrections {
            reading.corrections = serde_json::from_slice(&files::read("--corrections", path)?)
                .map_err(|error| format!("--corrections {}: {error}", path.display()))?;
        }
        Ok(())
    }

    /// The experiment before, where one is named.
    pub fn earlier(&self) -> Result<Option<Earlier>, Failure> {
        let Some(path) = &self.before else { return Ok(None) };
        let read = serde_json::from_slice(&files::read("--before", path)?);
        Ok(Some(read.map_err(|error| format!("--before {}: expected a results.json, {error}", path.display()))?))
    }

    /// The files, with the options that name them.
    pub fn paths(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let corrections = self.corrections.as_deref().map(|path| ("--corrections", path));
        corrections.into_iter().chain(self.before.as_deref().map(|path| ("--before", path)))
    }
}
