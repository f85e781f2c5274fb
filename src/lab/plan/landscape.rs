//! The jobs of the loss surfaces around the pretrained weights.

use super::{Job, JobKind, check_prose};
use crate::error::Result;
use crate::lab::config::Config;
use crate::landscape::grid::{self, Settings, Strip, Subset};
use crate::landscape::loss::StepLength;
use crate::models::pretrained::Pretrained;
use serde::Serialize;

/// Three loss surfaces, and the loss at their centre.
#[derive(Debug, Clone, Serialize)]
pub struct LandscapePlan {
    /// The values of a and of b.
    pub axis: Vec<f64>,
    /// How many texts the loss is the mean over.
    pub texts: usize,
    /// Tensors and step length of each subset; none before the halves are known.
    pub strides: Option<StepLengths>,
    /// The centre first, then all points of the coarsest grids, and so on.
    pub jobs: Vec<Job>,
}

/// Tensors and step length of each of the three surfaces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StepLengths {
    /// Every tensor of embeddings and encoder.
    pub all: StepLength,
    /// The half with the highest mean Fisher information.
    pub top: StepLength,
    /// The half with the lowest.
    pub bottom: StepLength,
}

impl LandscapePlan {
    /// The jobs of the surfaces of a model with `texts` passages of prose at hand. `means` are names and mean Fisher
    /// information of its tensors; before they are known, the halves are empty, and the plan is good only for its size.
    ///
    /// # Errors
    /// Those of [`Settings::check`] and of [`super::Plan::new`] for Fisher information.
    pub fn new(
        config: &Config,
        settings: Settings,
        names: &[String],
        means: Option<&[(String, f64)]>,
        pretrained: &Pretrained,
        texts: usize,
    ) -> Result<LandscapePlan> {
        let settings = settings.check()?;
        check_prose(pretrained, &pretrained.tokenizer, texts)?;
        let texts = settings.texts.min(texts);
        let (top, bottom) = means.map(grid::halves).unwrap_or_default();
        let stride = |moved: &[String]| StepLength::new(&pretrained.checkpoint, names, moved, settings.norm);
        let strides = means.map(|_| StepLengths { all: stride(names), top: stride(&top), bottom: stride(&bottom) });
        let shape = &pretrained.config;
        let per_token = shape.multiply_adds_per_token() as f64 + 0.15 * (shape.vocab_size * shape.hidden_size) as f64;
        // Moving the weights reads and writes each of them a few times.
        let per_point = (texts * config.max_tokens) as f64 * per_token + 4.0 * pretrained.parameters as f64;
        let job = |subset: Subset, moved: &[String], name: String, Strip { level, row, columns }: Strip| Job {
            id: format!("landscape/{name}"),
            work: per_point * columns.len() as f64,
            units: columns.len(),
            kind: JobKind::Landscape { settings, subset, moved: moved.to_vec(), level, row, columns },
        };
        let mut jobs = vec![job(Subset::Centre, &[], "centre".into(), Strip { level: 0, row: 0, columns: vec![0] })];
        let parts = [(Subset::All, "all", names), (Subset::Top, "top", &top), (Subset::Bottom, "bottom", &bottom)];
        for strip in grid::strips(settings.points) {
            for (subset, name, moved) in parts {
                let name = format!("{name}/{}/{}", strip.level, strip.row);
                jobs.push(job(subset, moved, name, strip.clone()));
            }
        }
        Ok(LandscapePlan { axis: settings.axis(), texts, strides, jobs })
    }
}
