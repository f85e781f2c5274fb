//! The settings of an experiment: raw, from a form, a link or a plan file; and validated.
//!
//! [`RawConfig`] takes whatever it is given and fills in defaults; [`RawConfig::check`] refuses what no experiment can have.
//! What does not fit the model or the data set is refused where these are known: by [`crate::lab::plan::Plan::new`].

use crate::data::class_weights::ClassWeights;
use crate::data::dataset::{Dataset, Split};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::choice::{Choice, Setting};
use crate::lab::metric::Metric;
use crate::method::arms::Arm;
use crate::method::fisher::FisherLoss;
use crate::method::schedule::SiteRate;
use crate::settings::{self, within};
use crate::training::recipe::{LearningRateSchedule, Recipe};
use serde::{Deserialize, Serialize};

/// An experiment's settings before they are checked. What a file or a caller leaves out has its first default, whatever the lab's own
/// ([`RawConfig::default`]) is by now: an old file keeps its meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default = "RawConfig::first", deny_unknown_fields)]
pub struct RawConfig {
    /// The name under which the model is known.
    pub model: String,
    /// How many texts Fisher information is estimated from.
    pub fisher_texts: usize,
    /// The seed of their masks, or of the head that labels are predicted by.
    pub fisher_seed: u32,
    /// Which loss Fisher information is of.
    pub fisher_loss: FisherLoss,
    /// The rate of the site with the lowest score.
    pub p_upper: f64,
    /// The rate of the site with the highest score.
    pub p_lower: f64,
    /// The arms to compare.
    pub arms: Vec<Arm>,
    /// Rates of [`Arm::Custom`].
    pub custom_rates: Option<Vec<SiteRate>>,
    /// The one rate of [`Arm::Tuned`].
    pub tuned_rate: Option<f64>,
    /// Each arm's own best setting, where they were searched for: instead of `learning_rate`, `epochs` and `tuned_rate`.
    pub choices: Vec<Choice>,
    /// One run of each arm and fraction for each seed.
    pub seeds: Vec<u32>,
    /// Fractions of the training part to train on.
    pub fractions: Vec<f64>,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Epochs from one evaluation to the next; after the last epoch there always is one.
    pub evaluate_every: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Rows of one step.
    pub batch_size: usize,
    /// Rows of a step that are computed together, at most: less memory for the same numbers but for rounding.
    pub micro_batch_size: usize,
    /// Tokens that a text, or a pair, is cut to.
    pub max_tokens: usize,
    /// The fraction of rows that is tested on.
    #[serde(alias = "test_share")]
    pub test_fraction: f64,
    /// Folds, of which each seed tests one, instead of a test part drawn by `test_fraction`; 0 where there are none.
    pub folds: usize,
    /// The learning-rate schedule after warm-up.
    pub learning_rate_schedule: LearningRateSchedule,
    /// The fraction of the training part that nothing is trained on, for choosing settings; 0 where nothing is chosen.
    pub validation_fraction: f64,
    /// The fraction of steps that warm up; see [`LearningRateSchedule`].
    #[serde(alias = "warmup_share")]
    pub warmup_fraction: f64,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// The largest global gradient norm.
    pub clip_norm: f64,
    /// Whether runs begin with the checkpoint's own classifier, instead of one drawn by seed.
    pub keep_classifier: bool,
    /// How classes are weighted in the loss that every arm is trained on.
    pub class_weights: ClassWeights,
    /// The metric that verdict, curves and search are about.
    pub metric: Metric,
}

impl Default for RawConfig {
    fn default() -> Self {
        RawConfig {
            model: settings::DEFAULT_MODEL.into(),
            fisher_texts: settings::FISHER_TEXTS.default,
            fisher_seed: settings::FISHER_SEED.default as u32,
            fisher_loss: FisherLoss::Pretraining,
            p_upper: settings::P_UPPER.default,
            p_lower: settings::P_LOWER.default,
            arms: Arm::DEFAULT.to_vec(),
            custom_rates: None,
            tuned_rate: None,
            choices: Vec::new(),
            seeds: settings::DEFAULT_SEEDS.to_vec(),
            fractions: vec![settings::FRACTION.default],
            epochs: settings::EPOCHS.default,
            evaluate_every: settings::EVALUATE_EVERY.default,
            learning_rate: settings::LEARNING_RATE.default,
            batch_size: settings::BATCH_SIZE.default,
            micro_batch_size: settings::MICRO_BATCH_SIZE.default,
            max_tokens: settings::MAX_TOKENS.default,
            test_fraction: settings::TEST_FRACTION.default,
            folds: settings::FOLDS.default,
            validation_fraction: settings::VALIDATION_FRACTION.default,
            learning_rate_schedule: LearningRateSchedule::Linear,
            warmup_fraction: settings::WARMUP_FRACTION.default,
            weight_decay: settings::WEIGHT_DECAY.default,
            clip_norm: settings::CLIP_NORM.default,
            keep_classifier: false,
            class_weights: ClassWeights::None,
            metric: Metric::Automatic,
        }
    }
}

/// Settings that agree with each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Config(RawConfig);

impl std::ops::Deref for Config {
    type Target = RawConfig;

    fn deref(&self) -> &RawConfig {
        &self.0
    }
}

impl RawConfig {
    /// The defaults of versions up to 0.2.
    pub fn first() -> Self {
        use settings::first;
        RawConfig {
            arms: Arm::FIRST_DEFAULT.to_vec(),
            seeds: first::SEEDS.to_vec(),
            epochs: first::EPOCHS,
            ..RawConfig::default()
        }
    }

    /// Checks every setting, and drops repeated arms, seeds and fractions.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the first setting that is out of its range.
    pub fn check(mut self) -> Result<Config> {
        keep_first(&mut self.arms);
        keep_first(&mut self.seeds);
        keep_first(&mut self.fractions);
        settings::FISHER_TEXTS.check(self.fisher_texts)?;
        settings::P_UPPER.check(self.p_upper)?;
        within(settings::P_LOWER.name, self.p_lower, settings::P_LOWER.minimum, self.p_upper)?;
        within("seeds (how many)", self.seeds.len(), 1, settings::MAXIMUM_SEEDS)?;
        within("arms (how many)", self.arms.len(), 1, Arm::ALL.len())?;
        within("fractions (how many)", self.fractions.len(), 1, settings::MAXIMUM_FRACTIONS)?;
        self.fractions.iter().try_for_each(|&fraction| settings::FRACTION.check(fraction))?;
        settings::EPOCHS.check(self.epochs)?;
        settings::EVALUATE_EVERY.check(self.evaluate_every)?;
        settings::LEARNING_RATE.check(self.learning_rate)?;
        settings::BATCH_SIZE.check(self.batch_size)?;
        settings::MICRO_BATCH_SIZE.check(self.micro_batch_size)?;
        settings::MAX_TOKENS.check(self.max_tokens)?;
        settings::TEST_FRACTION.check(self.test_fraction)?;
        settings::FOLDS.check(self.folds)?;
        if self.folds == 1 {
            let expected = "0 for none, or at least 2";
            return Err(Error::new(ErrorKind::Config, Place::named(settings::FOLDS.name), expected, "1"));
        }
        settings::VALIDATION_FRACTION.check(self.validation_fraction)?;
        settings::WARMUP_FRACTION.check(self.warmup_fraction)?;
        settings::WEIGHT_DECAY.check(self.weight_decay)?;
        settings::CLIP_NORM.check(self.clip_norm)?;
        if self.arms.contains(&Arm::Custom) && self.custom_rates.is_none() {
            let expected = "rates for the arm custom";
            return Err(Error::new(ErrorKind::Config, Place::named("custom_rates"), expected, "none"));
        }
        if let Some(rate) = self.tuned_rate {
            settings::TUNED_RATE.check(rate)?;
        }
        for Choice { setting, .. } in &self.choices {
            settings::LEARNING_RATE.check(setting.learning_rate)?;
            settings::EPOCHS.check(setting.epochs)?;
            setting.rate.map_or(Ok(()), |rate| settings::TUNED_RATE.check(rate))?;
        }
        let is_chosen = |&fraction: &f64| {
            let of_tuned = |c: &Choice| c.arm == Arm::Tuned && c.fraction == fraction && c.setting.rate.is_some();
            self.choices.iter().any(of_tuned)
        };
        if self.arms.contains(&Arm::Tuned) && self.tuned_rate.is_none() && !self.fractions.iter().all(is_chosen) {
            let expected = "a rate for the arm tuned: tune first, or give it one";
            return Err(Error::new(ErrorKind::Config, Place::named("tuned_rate"), expected, "none"));
        }
        self.fractions.sort_by(|a, b| b.total_cmp(a));
        Ok(Config(self))
    }
}

impl Config {
    /// The settings of one arm at one fraction: its own best, where that was searched for.
    pub fn of(&self, arm: Arm, fraction: f64) -> Config {
        let chosen = self.choices.iter().find(|choice| choice.arm == arm && choice.fraction == fraction);
        chosen.map_or_else(|| self.clone(), |choice| self.with(&choice.setting))
    }

    /// Evaluations of a run: one after each `evaluate_every`-th epoch, and one after the last.
    pub fn evaluations(&self) -> usize {
        self.epochs.div_ceil(self.evaluate_every)
    }

    /// These settings with a point of a search's grid.
    pub fn with(&self, setting: &Setting) -> Config {
        Config(RawConfig {
            learning_rate: setting.learning_rate,
            epochs: setting.epochs,
            tuned_rate: setting.rate.or(self.tuned_rate),
            ..self.0.clone()
        })
    }

    /// The three parts of a data set for a seed.
    ///
    /// # Errors
    /// As [`Dataset::split`], and with folds as [`Dataset::fold`].
    pub fn split(&self, dataset: &Dataset, seed: u32) -> Result<Split> {
        let split = match self.folds {
            0 => dataset.split(seed, self.test_fraction)?,
            folds => dataset.fold(seed, folds)?,
        };
        Ok(split.with_validation(dataset, self.validation_fraction))
    }

    /// The constants of each run.
    pub fn recipe(&self) -> Recipe {
        Recipe {
            epochs: self.epochs,
            batch_size: self.batch_size,
            micro_batch_size: self.micro_batch_size,
            learning_rate: self.learning_rate,
            schedule: self.learning_rate_schedule,
            warmup_fraction: self.warmup_fraction,
            weight_decay: self.weight_decay,
            clip_norm: self.clip_norm,
        }
    }
}

fn keep_first<T: PartialEq + Copy>(values: &mut Vec<T>) {
    let mut seen: Vec<T> = Vec::with_capacity(values.len());
    values.retain(|value| {
        let first = !seen.contains(value);
        seen.push(*value);
        first
    });
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn defaults_pass_and_repeats_go() {
        assert!(RawConfig::default().check().is_ok());
        let raw: RawConfig = serde_json::from_str(
            r#"{"arms": ["guided", "none", "guided"], "seeds": [3, 3, 1], "fractions": [0.25, 1]}"#,
        )
        .unwrap();
        let config = raw.check().unwrap();
        assert_eq!(
            (config.arms.as_slice(), config.seeds.as_slice()),
            ([Arm::Guided, Arm::None].as_slice(), [3, 1].as_slice())
        );
        assert_eq!(config.fractions, [1.0, 0.25]);
    }

    /// Written by hand from version 0.2: no constant of today's stands on the right.
    #[test]
    fn what_an_old_file_leaves_out_means_what_it_meant() {
        let unstated: RawConfig = serde_json::from_str("{}").unwrap();
        assert_eq!(unstated.arms, [Arm::Standard, Arm::Guided, Arm::UniformMean]);
        assert_eq!(
            (unstated.seeds.as_slice(), unstated.fractions.as_slice()),
            ([1, 2, 3].as_slice(), [1.0].as_slice())
        );
        assert_eq!((unstated.epochs, unstated.evaluate_every, unstated.batch_size), (2, 1, 16));
        assert_eq!((unstated.learning_rate, unstated.max_tokens, unstated.test_fraction), (3e-4, 64, 0.2));
        assert_eq!(unstated.folds, 0);
        let written = serde_json::to_string(&RawConfig::default()).unwrap();
        assert_eq!(
            serde_json::from_str::<RawConfig>(&written).unwrap(),
            RawConfig::default(),
            "a new file leaves out nothing"
        );
    }

    #[test]
    fn former_names_are_read() {
        for (former, present) in settings::FORMER_NAMES {
            let read = |name: &str| serde_json::from_str::<RawConfig>(&format!(r#"{{"{name}": 0.25}}"#)).unwrap();
            assert_eq!(read(former), read(present));
            assert_ne!(read(present), RawConfig::default());
        }
    }

    #[test]
    fn each_bound_is_named() {
        let cases = [
            (r#"{"epochs": 0}"#, "epochs"),
            (r#"{"p_upper": 0.05, "p_lower": 0.06}"#, "p_lower"),
            (r#"{"p_upper": 1.0}"#, "p_upper"),
            (r#"{"learning_rate": 0}"#, "learning_rate"),
            (r#"{"seeds": []}"#, "seeds"),
            (r#"{"fractions": [0.5, 1.5]}"#, "fractions"),
            (r#"{"max_tokens": 4}"#, "max_tokens"),
            (r#"{"max_tokens": 4097}"#, "max_tokens"),
            (r#"{"arms": ["custom"]}"#, "custom_rates"),
            (r#"{"arms": ["tuned"]}"#, "tuned_rate"),
            (r#"{"tuned_rate": 1.0}"#, "tuned_rate"),
            (r#"{"evaluate_every": 0}"#, "evaluate_every"),
            (r#"{"folds": 1}"#, "folds"),
            (r#"{"folds": 51}"#, "folds"),
        ];
        for (json, name) in cases {
            let error = serde_json::from_str::<RawConfig>(json).unwrap().check().unwrap_err();
            assert!(error.place.name.starts_with(name), "{json}: {error}");
        }
        assert!(serde_json::from_str::<RawConfig>(r#"{"epoch": 3}"#).is_err(), "a misspelt setting is refused");
    }
}
