//! Landscape jobs: their shared state, and one in progress.

use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use crate::lab::plan::{LandscapePlan, check_prose};
use crate::lab::{Event, Lab};
use crate::landscape::grid::{Norm, Settings};
use crate::landscape::loss::{self, GridRow, Landscape};
use crate::method::fisher::{TensorFisher, Text};
use crate::models::transformer::Model;
use std::rc::Rc;

/// Seed and norm of the directions; how many texts, cut to how many tokens and masked by which seed.
pub(in crate::lab) type LandscapeKey = (u32, Norm, usize, usize, u32);

impl Lab {
    /// The jobs of the loss surfaces of this lab's model; see [`LandscapePlan::new`].
    ///
    /// # Errors
    /// A missing model, and those of [`LandscapePlan::new`].
    pub fn landscape_plan(
        &self,
        config: &Config,
        settings: Settings,
        tensors: Option<&[TensorFisher]>,
    ) -> Result<LandscapePlan> {
        let means: Option<Vec<(String, f64)>> =
            tensors.map(|tensors| tensors.iter().map(|t| (t.name.clone(), t.mean)).collect());
        let names = self.tensor_names()?;
        LandscapePlan::new(config, settings, &names, means.as_deref(), self.pretrained()?, self.corpus.len())
    }

    /// The strip of the surface that moves `moved`, at the axis's value `row` of b and its values `columns` of a.
    pub(super) fn start_landscape(
        &mut self,
        config: &Config,
        settings: Settings,
        tokenizer: &Tokenizer,
        moved: &[String],
        row: usize,
        columns: &[usize],
    ) -> Result<ActiveLandscape> {
        let settings = settings.check()?;
        check_prose(self.pretrained()?, tokenizer, self.corpus.len())?;
        let axis = settings.axis();
        if let Some(place) = columns.iter().chain([&row]).find(|place| **place >= axis.len()) {
            let expected = format!("rows and columns below {}", axis.len());
            return Err(Error::new(ErrorKind::Config, Place::named("job"), expected, place.to_string()));
        }
        let landscape = self.landscape(config, settings, tokenizer)?;
        let (names, checkpoint) = (self.tensor_names()?, &self.pretrained()?.checkpoint);
        Ok(ActiveLandscape {
            landscape,
            row: GridRow {
                moved: moved.iter().cloned().collect(),
                factor: loss::factor(checkpoint, &names, moved, settings.norm),
                b: axis[row],
            },
            from: None,
            left: columns.iter().rev().map(|&column| (column, axis[column])).collect(),
        })
    }

    fn landscape(&mut self, config: &Config, settings: Settings, tokenizer: &Tokenizer) -> Result<Rc<Landscape>> {
        let texts = settings.texts.min(self.corpus.len());
        let key = (settings.seed, settings.norm, texts, config.max_tokens, config.fisher_seed);
        if let Some((_, landscape)) = self.landscape.as_ref().filter(|(known, _)| *known == key) {
            return Ok(landscape.clone());
        }
        self.landscape = None; // its memory first
        // No gradients are wanted, so none of autodiff's work either.
        let device = self.plain_device();
        let pretrained = self.pretrained()?;
        let objective = pretrained.config.objective(tokenizer)?;
        let model = pretrained.model(2, 0, &device)?.by(self.kernels);
        let names = self.tensor_names()?;
        let directions =
            loss::directions(&model, &pretrained.checkpoint, &names, settings.seed, settings.norm, &device);
        let text = |index: usize| Ok(Text { index, encoding: tokenizer.encode(&self.corpus[index], None)? });
        let texts = (0..texts).map(text).collect::<Result<Vec<_>>>()?;
        let masked = loss::masked_texts(&texts, objective, config.fisher_seed);
        let landscape = Rc::new(Landscape::new(model, directions, masked, &device)?);
        self.landscape = Some((key, landscape.clone()));
        Ok(landscape)
    }
}

/// Points of one row whose losses are wanted.
pub(in crate::lab) struct ActiveLandscape {
    pub landscape: Rc<Landscape>,
    pub row: GridRow,
    pub from: Option<Model>,
    /// Places on the axis still to be done, the first last; and their values of a.
    pub left: Vec<(usize, f64)>,
}

impl ActiveLandscape {
    /// One point; true when the job is done.
    pub async fn advance(&mut self, events: &mut Vec<Event>) -> Result<bool> {
        if let Some((column, a)) = self.left.pop() {
            let from = self.from.get_or_insert_with(|| self.landscape.row(&self.row));
            let loss = self.landscape.loss(&self.row, from, a).await?;
            events.push(Event::LandscapePoint { column, loss: loss.is_finite().then_some(loss) });
        }
        if self.left.is_empty() {
            events.push(Event::LandscapeDone);
        }
        Ok(self.left.is_empty())
    }
}
