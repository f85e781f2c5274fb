//! A run before its first step: its model, its noise, and the examples that it learns from and is tested on.

use crate::data::dataset::{Dataset, Split, Target, Task};
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use crate::lab::plan::RunKey;
use crate::lab::{Lab, missing};
use crate::method::arms::Arm;
use crate::method::dropout::SiteNoise;
use crate::method::rates::{ArmRates, RateSources};
use crate::models::transformer::Model;
use crate::training::examples::Examples;
use crate::training::train::Run;
use burn::tensor::Device;

impl Lab {
    /// A run before its first step, the examples it learns from, and the split that these are divided by. `config` has the arm's own settings.
    pub(super) fn run(
        &self,
        config: &Config,
        tokenizer: &Tokenizer,
        RunKey { arm: name, seed, fraction }: RunKey,
        arm: Option<&ArmRates>,
    ) -> Result<(Run, Examples, Split)> {
        let rates = arm.ok_or_else(|| missing(&format!("the rates of arm {name}")))?;
        let sources = RateSources { tuned: config.tuned_rate, ..RateSources::guided(&rates.rates) };
        let rates = match name {
            Arm::Shuffled | Arm::Tuned => name.rates(sources, seed)?,
            _ => rates.clone(),
        };
        self.check_sites(&rates)?;
        let dataset = self.dataset()?;
        let mut examples = encode(dataset, tokenizer)?;
        let split = config.split(dataset, seed)?;
        correct(&mut examples, dataset, split.train.iter().chain(&split.validation));
        let rows = split.fraction(dataset, fraction);
        if dataset.task == Task::Classification {
            let classes: Vec<usize> = rows.iter().map(|&row| examples.targets[row] as usize).collect();
            examples.class_weights = config.class_weights.of(examples.outputs, &classes);
        }
        let model = self.start_model(config, seed, &self.device)?;
        let run = Run::new(model, config.recipe(), self.noise(&rates)?, seed, rows, self.device.clone());
        Ok((run, examples, split))
    }

    /// The noise of an arm, with the model's own rate before the classifier where it is shipped with one.
    fn noise(&self, rates: &ArmRates) -> Result<SiteNoise> {
        let noise = SiteNoise::new(rates);
        Ok(match self.pretrained()?.config.shipped {
            Some(shipped) => noise.with_head_rate(shipped.classifier_dropout),
            None => noise,
        })
    }

    /// Where a run of a seed begins.
    pub(super) fn start_model(&self, config: &Config, seed: u32, device: &Device) -> Result<Model> {
        let (dataset, pretrained) = (self.dataset()?, self.pretrained()?);
        let model = if config.keep_classifier {
            pretrained.model_with_classifier(&dataset.labels, seed, device)?
        } else {
            pretrained.model(outputs(dataset), seed, device)?
        };
        Ok(model.by(self.kernels))
    }

    fn check_sites(&self, rates: &ArmRates) -> Result<()> {
        let sites = self.pretrained()?.config.sites();
        if let Some(odd) = sites.iter().find(|s| rates.rates.iter().all(|r| r.site != **s)) {
            let place = Place::named("rates").column(odd.to_string());
            return Err(Error::new(ErrorKind::Config, place, "a rate for each of the model's sites", "none"));
        }
        Ok(())
    }
}

/// The rows of the validation part that go with a fraction of the training part.
pub(super) fn validation_rows(split: &Split, dataset: &Dataset, fraction: f64) -> Result<Vec<usize>> {
    let validation = split.validation_fraction(dataset, fraction);
    if validation.is_empty() {
        let expected = "more than 0: settings are chosen on validation data";
        return Err(Error::new(ErrorKind::Config, Place::named("validation_fraction"), expected, "0"));
    }
    Ok(validation)
}

/// The data set as token ids and targets, as the file gives them.
pub(super) fn encode(dataset: &Dataset, tokenizer: &Tokenizer) -> Result<Examples> {
    let encodings =
        dataset.examples.iter().map(|e| tokenizer.encode(&e.text, e.pair.as_deref())).collect::<Result<_>>()?;
    let targets = dataset.examples.iter().map(|example| number(&example.target)).collect();
    Ok(Examples {
        encodings,
        targets,
        task: dataset.task,
        outputs: outputs(dataset),
        pad_id: tokenizer.pad_id(),
        class_weights: None,
    })
}

/// Gives rows of the training or validation part their corrected labels. All others keep the file's.
pub(super) fn correct<'a>(examples: &mut Examples, dataset: &Dataset, rows: impl Iterator<Item = &'a usize>) {
    for &row in rows {
        if let Some(learnt) = dataset.learnt(row) {
            examples.targets[row] = number(&learnt);
        }
    }
}

/// A class number, or a score.
pub(super) fn number(target: &Target) -> f32 {
    match *target {
        Target::Class(class) => class as f32,
        Target::Score(score) => score,
    }
}

/// One for each class, or one for a score.
fn outputs(dataset: &Dataset) -> usize {
    if dataset.task == Task::Classification { dataset.labels.len() } else { 1 }
}
