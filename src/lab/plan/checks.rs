//! What makes a plan impossible, refused before anything is computed.

use crate::data::class_weights::ClassWeights;
use crate::data::dataset::{Dataset, Split, Task};
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use crate::models::pretrained::Pretrained;
use crate::training::recipe::Recipe;

/// Checks that a text can be as long as the settings allow.
///
/// # Errors
/// [`ErrorKind::Config`] if the model has fewer positions.
pub(in crate::lab) fn check_length(config: &Config, pretrained: &Pretrained) -> Result<()> {
    let most = pretrained.config.max_tokens();
    if config.max_tokens <= most {
        return Ok(());
    }
    let expected = format!("at most {most}, the positions of {}", pretrained.name);
    Err(Error::new(ErrorKind::Config, Place::named("max_tokens"), expected, config.max_tokens.to_string()))
}

/// Checks that a run over `rows` rows changes its model: the first step of a warm-up has rate 0.
///
/// # Errors
/// [`ErrorKind::Config`] if no step has another rate.
pub(in crate::lab) fn check_warmup(recipe: &Recipe, rows: usize) -> Result<()> {
    let steps = recipe.steps(rows);
    if (0..steps).any(|step| recipe.learning_rate_at(step, steps) > 0.0) {
        return Ok(());
    }
    let expected = "at least two steps a run, since the learning rate begins at 0: more epochs or a smaller batch_size";
    let got = format!("{steps}, of {rows} rows in batches of {}", recipe.batch_size);
    Err(Error::new(ErrorKind::Config, Place::named("epochs"), expected, got))
}

/// Scores have no classes to weigh.
pub(super) fn check_class_weights(config: &Config, dataset: &Dataset) -> Result<()> {
    if config.class_weights == ClassWeights::None || dataset.task == Task::Classification {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Config, Place::named("class_weights"), "none: the labels are scores", "balanced"))
}

/// Each fraction has rows of its own: two that are the same rows would be compared and corrected for as two.
pub(super) fn check_fractions(config: &Config, dataset: &Dataset, split: &Split) -> Result<()> {
    let mut fractions = config.fractions.clone();
    fractions.sort_by(f64::total_cmp);
    for pair in fractions.windows(2) {
        let [fewer, more] = [pair[0], pair[1]].map(|fraction| split.fraction(dataset, fraction).len());
        if fewer == more && pair[0] != pair[1] {
            let got =
                format!("{} and {}, which both are the same {more} rows of {}", pair[0], pair[1], split.train.len());
            let expected = "fractions of different numbers of rows (at least one of each class stays)";
            return Err(Error::new(ErrorKind::Config, Place::named("fractions"), expected, got));
        }
    }
    Ok(())
}

/// Checks what Fisher information and surfaces need: an MLM head and `[MASK]`, or a causal model; and prose.
///
/// # Errors
/// [`ErrorKind::Weights`] without such a head, [`ErrorKind::Tokenizer`] without `[MASK]`, [`ErrorKind::Config`] without prose.
pub fn check_prose(pretrained: &Pretrained, tokenizer: &Tokenizer, texts: usize) -> Result<()> {
    if !pretrained.checkpoint.has_lm_head() {
        let place = Place::named("model.safetensors").column("cls.predictions.transform.dense.weight");
        let expected = "a masked-language-model head, which Fisher information is defined by (eq. 3)";
        let got = format!("none in {}; arms without guided rates can still be compared", pretrained.name);
        return Err(Error::new(ErrorKind::Weights, place, expected, got));
    }
    pretrained.config.objective(tokenizer)?;
    if texts == 0 {
        let expected = "passages of plain text to estimate Fisher information from";
        return Err(Error::new(ErrorKind::Config, Place::named("prose"), expected, "none"));
    }
    Ok(())
}
