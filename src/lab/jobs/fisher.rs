//! A Fisher job in progress.

use crate::data::dataset::{Example, Task};
use crate::data::masking::{MASKED_SHARE, Objective, batch_tokens};
use crate::data::tokenizer::Tokenizer;
use crate::error::Result;
use crate::lab::config::Config;
use crate::lab::jobs::examples::number;
use crate::lab::plan::{check_prose, labelled_rows};
use crate::lab::{Event, Lab};
use crate::method::fisher::{self, FisherLoss, LabelledText, Text, TextFisher};
use crate::models::config::ModelConfig;
use crate::models::transformer::Model;
use burn::module::Module;
use burn::tensor::Device;

/// Tokens, padding included, of one batch of a masked model's Fisher texts: bounds its memory.
const FISHER_TOKENS: usize = 512;

/// Texts whose Fisher information is wanted.
pub(in crate::lab) struct ActiveFisher {
    pub model: Model,
    pub config: ModelConfig,
    pub loss: ActiveLoss,
    pub from: usize,
    pub to: usize,
    /// Texts still to be done, the shortest last.
    pub left: Vec<Text>,
}

/// The loss that is differentiated.
pub(in crate::lab) enum ActiveLoss {
    /// Of the tokens that the model predicts; hidden ones are drawn by a seed.
    Pretraining { objective: Objective, seed: u32 },
    /// Of labels: a class number or a score of each text, from the job's first on.
    Labelled { targets: Vec<f32>, task: Task },
}

impl Lab {
    /// Fisher information of the texts from `from` to before `to`, or to the last: passages of the prose, or rows that every seed trains on.
    pub(super) fn start_fisher(
        &self,
        config: &Config,
        tokenizer: &Tokenizer,
        from: usize,
        to: usize,
    ) -> Result<ActiveFisher> {
        let (mut left, model, loss) = match config.fisher_loss {
            FisherLoss::Pretraining => {
                check_prose(self.pretrained()?, tokenizer, self.corpus.len())?;
                let text = |index: usize| Ok(Text { index, encoding: tokenizer.encode(&self.corpus[index], None)? });
                let left = (from..to.min(self.corpus.len())).map(text).collect::<Result<Vec<_>>>()?;
                let loss = ActiveLoss::Pretraining {
                    objective: self.pretrained()?.config.objective(tokenizer)?,
                    seed: config.fisher_seed,
                };
                (left, self.model(2, 0)?, loss)
            }
            FisherLoss::Labelled => {
                let dataset = self.dataset()?;
                let rows = labelled_rows(config, dataset)?;
                let rows = &rows[from.min(rows.len())..to.min(rows.len())];
                let text = |(place, &row): (usize, &usize)| {
                    let Example { text, pair, .. } = &dataset.examples[row];
                    Ok(Text { index: from + place, encoding: tokenizer.encode(text, pair.as_deref())? })
                };
                let left = rows.iter().enumerate().map(text).collect::<Result<Vec<_>>>()?;
                let targets = rows.iter().filter_map(|&row| dataset.learnt(row)).map(|it| number(&it)).collect();
                let model = self.start_model(config, config.fisher_seed, &self.device)?;
                (left, model, ActiveLoss::Labelled { targets, task: dataset.task })
            }
        };
        // Texts of like length share a batch, so that little of it is padding.
        left.sort_by_key(|t| std::cmp::Reverse((t.encoding.ids.len(), t.index)));
        let to = from + left.len();
        Ok(ActiveFisher { model: model.no_grad(), config: self.pretrained()?.config.clone(), loss, from, to, left })
    }
}

impl ActiveFisher {
    /// One batch of texts; true when the job is done.
    pub async fn advance(&mut self, device: &Device, events: &mut Vec<Event>) -> Result<bool> {
        let share = match self.loss {
            ActiveLoss::Pretraining { objective, .. } => objective.share(),
            ActiveLoss::Labelled { .. } => MASKED_SHARE,
        };
        let most = batch_tokens(FISHER_TOKENS, share);
        let mut texts: Vec<Text> = Vec::new();
        while let Some(text) = self.left.pop() {
            texts.push(text);
            // The next is at least as long as all before it.
            let next = self.left.last().map_or(0, |t| t.encoding.ids.len());
            if next * (texts.len() + 1) > most {
                break;
            }
        }
        events.extend(self.measured(texts, device).await?.into_iter().map(Event::FisherText));
        if self.left.is_empty() {
            events.push(Event::FisherDone { from: self.from, to: self.to });
        }
        Ok(self.left.is_empty())
    }

    async fn measured(&self, texts: Vec<Text>, device: &Device) -> Result<Vec<TextFisher>> {
        let (model, config) = (&self.model, &self.config);
        match &self.loss {
            &ActiveLoss::Pretraining { objective, seed } => {
                fisher::of_texts(model, config, &texts, objective, seed, device).await
            }
            ActiveLoss::Labelled { targets, task } => {
                let labelled = |text: Text| LabelledText { target: targets[text.index - self.from], text };
                let texts: Vec<LabelledText> = texts.into_iter().map(labelled).collect();
                fisher::of_labelled_texts(model, config, &texts, *task, device).await
            }
        }
    }
}
