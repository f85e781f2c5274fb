//! A Fisher job in progress.

use crate::data::tokenizer::{Tokenizer, Vocabulary};
use crate::error::Result;
use crate::lab::plan::check_prose;
use crate::lab::{Event, Lab};
use crate::method::fisher::{self, Text};
use crate::models::bert::Model;
use crate::models::config::ModelConfig;
use burn::module::Module;
use burn::tensor::Device;

/// Tokens, padding included, of one batch of Fisher's texts: bounds its memory.
const FISHER_TOKENS: usize = 512;

/// Texts whose Fisher information is wanted.
pub(in crate::lab) struct ActiveFisher {
    pub model: Model,
    pub config: ModelConfig,
    pub vocabulary: Vocabulary,
    pub seed: u32,
    pub from: usize,
    pub to: usize,
    /// Texts still to be done, the shortest last.
    pub left: Vec<Text>,
}

impl Lab {
    /// Fisher information of the texts from `from` to before `to`, or to the end of the prose.
    pub(super) fn start_fisher(
        &self,
        seed: u32,
        tokenizer: &Tokenizer,
        from: usize,
        to: usize,
    ) -> Result<ActiveFisher> {
        check_prose(self.pretrained()?, tokenizer, self.corpus.len())?;
        let to = to.min(self.corpus.len());
        let text = |index: usize| Ok(Text { index, encoding: tokenizer.encode(&self.corpus[index], None)? });
        let mut left = (from..to).map(text).collect::<Result<Vec<_>>>()?;
        // Texts of like length share a batch, so that little of it is padding.
        left.sort_by_key(|t| std::cmp::Reverse((t.encoding.ids.len(), t.index)));
        Ok(ActiveFisher {
            model: self.model(2, 0)?.no_grad(),
            config: self.pretrained()?.config.clone(),
            vocabulary: tokenizer.vocabulary()?,
            seed,
            from,
            to,
            left,
        })
    }
}

impl ActiveFisher {
    /// One batch of texts; true when the job is done.
    pub async fn advance(&mut self, device: &Device, events: &mut Vec<Event>) -> Result<bool> {
        let mut texts: Vec<Text> = Vec::new();
        while let Some(text) = self.left.pop() {
            texts.push(text);
            // The next is at least as long as all before it.
            let next = self.left.last().map_or(0, |t| t.encoding.ids.len());
            if next * (texts.len() + 1) > FISHER_TOKENS {
                break;
            }
        }
        let done = fisher::of_texts(&self.model, &self.config, &texts, self.vocabulary, self.seed, device).await?;
        events.extend(done.into_iter().map(Event::FisherText));
        if self.left.is_empty() {
            events.push(Event::FisherDone { from: self.from, to: self.to });
        }
        Ok(self.left.is_empty())
    }
}
