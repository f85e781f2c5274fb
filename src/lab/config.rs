//! The settings of an experiment: as they come from a form, a link or a plan file, and as they are once checked.
//!
//! [`RawConfig`] takes whatever it is given and fills in defaults; [`RawConfig::check`] refuses what no experiment can have.
//! What does not fit the model or the data set is refused where these are known: by [`crate::lab::plan::Plan::new`].

use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::method::schedule::{Arm, SiteRate};
use crate::training::train::Recipe;
use serde::{Deserialize, Serialize};

/// The most seeds of one experiment.
pub const MOST_SEEDS: usize = 50;

/// An experiment's settings before they are checked; what is left out has the lab's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConfig {
    /// The name under which the model is known.
    pub model: String,
    /// How many texts Fisher information is estimated from.
    pub fisher_texts: usize,
    /// The seed of their masks.
    pub fisher_seed: u32,
    /// The rate of the site with the lowest score.
    pub p_upper: f64,
    /// The rate of the site with the highest score.
    pub p_lower: f64,
    /// The arms to compare.
    pub arms: Vec<Arm>,
    /// Rates of [`Arm::Custom`].
    pub custom_rates: Option<Vec<SiteRate>>,
    /// One run of each arm and fraction for each seed.
    pub seeds: Vec<u32>,
    /// Shares of the training part to train on.
    pub fractions: Vec<f64>,
    /// Passes over the training rows.
    pub epochs: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Rows of one step.
    pub batch_size: usize,
    /// Tokens that a text, or a pair, is cut to.
    pub max_tokens: usize,
    /// The share of rows that is tested on.
    pub test_share: f64,
    /// The share of steps that warm up.
    pub warmup_share: f64,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// The largest global gradient norm.
    pub clip_norm: f64,
}

impl Default for RawConfig {
    fn default() -> Self {
        RawConfig {
            model: "mini-4x256".into(),
            fisher_texts: 64,
            fisher_seed: 1,
            p_upper: 0.1,
            p_lower: 0.0,
            arms: vec![Arm::Guided, Arm::Standard, Arm::UniformMean],
            custom_rates: None,
            seeds: vec![1, 2, 3],
            fractions: vec![1.0],
            epochs: 2,
            learning_rate: 3e-4,
            batch_size: 16,
            max_tokens: 64,
            test_share: 0.2,
            warmup_share: 0.1,
            weight_decay: 0.01,
            clip_norm: 1.0,
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
    /// Checks every setting, and drops repeated arms, seeds and fractions.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the first setting that is out of its range.
    pub fn check(mut self) -> Result<Config> {
        fn within<T: PartialOrd + std::fmt::Display>(name: &str, value: T, least: T, most: T) -> Result<()> {
            if value >= least && value <= most {
                return Ok(());
            }
            let expected = format!("a number from {least} to {most}");
            Err(Error::new(ErrorKind::Config, Place::named(name), expected, value.to_string()))
        }
        within("fisher_texts", self.fisher_texts, 1, 100_000)?;
        within("p_upper", self.p_upper, 0.0, 0.9)?;
        within("p_lower", self.p_lower, 0.0, self.p_upper)?;
        within("seeds (how many)", self.seeds.len(), 1, MOST_SEEDS)?;
        within("arms (how many)", self.arms.len(), 1, 8)?;
        within("fractions (how many)", self.fractions.len(), 1, 10)?;
        for &fraction in &self.fractions {
            within("fractions", fraction, 0.01, 1.0)?;
        }
        within("epochs", self.epochs, 1, 1000)?;
        within("learning_rate", self.learning_rate, 1e-8, 1.0)?;
        within("batch_size", self.batch_size, 1, 1024)?;
        within("max_tokens", self.max_tokens, Tokenizer::FEWEST_TOKENS, 65_536)?;
        within("test_share", self.test_share, 0.05, 0.9)?;
        within("warmup_share", self.warmup_share, 0.0, 0.9)?;
        within("weight_decay", self.weight_decay, 0.0, 1.0)?;
        within("clip_norm", self.clip_norm, 1e-6, 1e6)?;
        if self.arms.contains(&Arm::Custom) && self.custom_rates.is_none() {
            let expected = "rates for the arm custom";
            return Err(Error::new(ErrorKind::Config, Place::named("custom_rates"), expected, "none"));
        }
        keep_first(&mut self.arms);
        keep_first(&mut self.seeds);
        keep_first(&mut self.fractions);
        self.fractions.sort_by(|a, b| b.total_cmp(a));
        Ok(Config(self))
    }
}

impl Config {
    /// The constants of each run.
    pub fn recipe(&self) -> Recipe {
        Recipe {
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            warmup_share: self.warmup_share,
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
            (r#"{"arms": ["custom"]}"#, "custom_rates"),
        ];
        for (json, name) in cases {
            let error = serde_json::from_str::<RawConfig>(json).unwrap().check().unwrap_err();
            assert!(error.place.name.starts_with(name), "{json}: {error}");
        }
        assert!(serde_json::from_str::<RawConfig>(r#"{"epoch": 3}"#).is_err(), "a misspelt setting is refused");
    }
}
