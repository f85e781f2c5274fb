//! A fair search: every arm gets the same number of settings and the same number of runs, on data that the comparison does not test on.
//!
//! An arm's settings are all pairs of a learning rate and a length. The arm `tuned` has one more thing to choose, its rate, and no more settings to
//! choose it by: the rates are laid over the pairs like a Latin square, so that each meets several learning rates and lengths. The search is one step of
//! successive halving (Jamieson and Talwalkar 2016), by thirds: every setting is run with the first seed, the better third with the other seeds too, and
//! the best mean over all seeds is chosen.

use crate::data::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::choice::{Choice, Setting};
use crate::lab::config::Config;
use crate::lab::plan::{Cost, Costs, Job, JobKind, RunKey, check_warmup};
use crate::method::arms::Arm;
use crate::method::rates::TUNED_RATES;
use crate::models::pretrained::Pretrained;
use serde::{Deserialize, Serialize};

/// The search space, the same size for every arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TuneGrid {
    /// Learning rates.
    pub learning_rates: Vec<f64>,
    /// Lengths, in passes over the training rows.
    pub epochs: Vec<usize>,
    /// Rates of the arm `tuned`.
    pub rates: Vec<f64>,
    /// Seeds, which no run of the comparison may have.
    pub seeds: Vec<u32>,
}

impl Default for TuneGrid {
    fn default() -> TuneGrid {
        TuneGrid {
            learning_rates: vec![1e-4, 2e-4, 4e-4, 8e-4],
            epochs: vec![4, 8, 16],
            rates: TUNED_RATES.to_vec(),
            seeds: vec![1001, 1002, 1003],
        }
    }
}

/// One run of a search, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The setting of the trial.
    #[serde(flatten)]
    pub setting: Setting,
    /// Which split, head, batch order and noise.
    pub seed: u32,
    /// The metric on the validation part, the better the higher; none where the run diverged.
    pub score: Option<f64>,
}

impl TuneGrid {
    /// Checks that there is something to choose from, by seeds that the comparison does not use.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the list that is empty, or the seed that both have.
    pub fn check(&self, config: &Config) -> Result<()> {
        let wrong = |name: &str, expected: &str, got: String| {
            Err(Error::new(ErrorKind::Config, Place::named("tune").column(name), expected, got))
        };
        let lists = [
            ("learning_rates", self.learning_rates.len()),
            ("epochs", self.epochs.len()),
            ("rates", self.rates.len()),
            ("seeds", self.seeds.len()),
        ];
        for (name, count) in lists {
            if count == 0 {
                return wrong(name, "at least one", "none".into());
            }
        }
        match self.seeds.iter().find(|seed| config.seeds.contains(seed)) {
            Some(seed) => wrong("seeds", "seeds that the comparison does not use", seed.to_string()),
            None => Ok(()),
        }
    }

    /// The settings tried for an arm: the same number for each.
    pub fn settings(&self, arm: Arm) -> Vec<Setting> {
        let mut settings = Vec::new();
        for (i, &epochs) in self.epochs.iter().enumerate() {
            for (j, &learning_rate) in self.learning_rates.iter().enumerate() {
                let rate = (arm == Arm::Tuned).then(|| self.rates[(2 * i + j) % self.rates.len()]);
                settings.push(Setting { learning_rate, epochs, rate });
            }
        }
        settings
    }

    /// The runs to be made next, once those of `done` have been; none when the search is over.
    pub fn next(&self, arm: Arm, done: &[Trial]) -> Vec<(Setting, u32)> {
        let settings = self.settings(arm);
        let is_left = |&(setting, seed): &(Setting, u32)| !done.iter().any(|t| t.setting == setting && t.seed == seed);
        let first: Vec<(Setting, u32)> =
            settings.iter().map(|&setting| (setting, self.seeds[0])).filter(is_left).collect();
        if !first.is_empty() {
            return first;
        }
        let others = |setting| self.seeds[1..].iter().map(move |&seed| (setting, seed));
        self.better_third(arm, done).into_iter().flat_map(others).filter(is_left).collect()
    }

    /// The jobs of [`TuneGrid::next`].
    ///
    /// # Errors
    /// A grid that does not fit the configuration, no validation part, a data set that cannot be split, a run of a single step.
    pub fn jobs(
        &self,
        config: &Config,
        (arm, fraction): (Arm, f64),
        done: &[Trial],
        dataset: &Dataset,
        pretrained: &Pretrained,
    ) -> Result<Vec<Job>> {
        self.check(config)?;
        if config.validation_fraction <= 0.0 {
            let expected = "more than 0: settings are chosen on validation data";
            return Err(Error::new(ErrorKind::Config, Place::named("validation_fraction"), expected, "0"));
        }
        let costs = Costs::new(dataset, pretrained, &pretrained.tokenizer.cut_to(config.max_tokens)?)?;
        let job = |(setting, seed): (Setting, u32)| {
            let split = config.split(dataset, seed)?;
            let rows = split.fraction(dataset, fraction);
            let with = config.with(&setting);
            check_warmup(&with.recipe(), rows.len())?;
            let Cost { steps, work, .. } = costs.run(&with, &rows, &split.validation_fraction(dataset, fraction));
            let Setting { learning_rate, epochs, rate } = setting;
            let rate = rate.map_or_else(String::new, |rate| format!("/{rate}"));
            let id = format!("trial/{arm}/{seed}/{fraction}/{learning_rate}/{epochs}{rate}");
            let run = RunKey { arm, seed, fraction };
            Ok(Job { id, work, units: steps, kind: JobKind::Trial { run, setting } })
        };
        self.next(arm, done).into_iter().map(job).collect()
    }

    /// The best mean over all seeds, with runs on this fraction of the training part; of equals the shorter one, then the one with the smaller learning rate as listed. None before the search is over, or
    /// where every run diverged.
    pub fn choose(&self, arm: Arm, fraction: f64, done: &[Trial]) -> Option<Choice> {
        if !self.next(arm, done).is_empty() {
            return None;
        }
        let of = |setting: Setting| {
            let scores: Option<Vec<f64>> = self.seeds.iter().map(|&seed| score(done, setting, seed)).collect();
            scores.map(|scores| (setting, scores.iter().sum::<f64>() / scores.len() as f64))
        };
        let mut settings = self.better_third(arm, done);
        settings.sort_by_key(|setting| self.settings(arm).iter().position(|s| s == setting));
        let best =
            settings.into_iter().filter_map(of).reduce(|best, other| if other.1 > best.1 { other } else { best });
        best.map(|(setting, score)| Choice {
            arm,
            fraction,
            setting,
            score,
            settings: self.settings(arm).len(),
            trials: done.len(),
        })
    }

    /// The settings with the best scores of the first seed, best first; those that diverged are none.
    fn better_third(&self, arm: Arm, done: &[Trial]) -> Vec<Setting> {
        let settings = self.settings(arm);
        let kept = settings.len().div_ceil(3);
        let of = |setting| score(done, setting, self.seeds[0]).map(|score| (setting, score));
        let mut scored: Vec<(Setting, f64)> = settings.into_iter().filter_map(of).collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1)); // stable: of equals the one listed first
        scored.into_iter().take(kept).map(|(setting, _)| setting).collect()
    }
}

fn score(done: &[Trial], setting: Setting, seed: u32) -> Option<f64> {
    done.iter().find(|t| t.setting == setting && t.seed == seed)?.score
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::lab::config::RawConfig;

    fn grid() -> TuneGrid {
        TuneGrid {
            learning_rates: vec![1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3],
            epochs: vec![3, 6, 12],
            rates: TUNED_RATES.to_vec(),
            seeds: vec![1, 2, 3],
        }
    }

    /// Runs a search to its end; `score` of a setting and a seed.
    fn searched(arm: Arm, score: impl Fn(Setting, u32) -> Option<f64>) -> (Option<Choice>, Vec<Trial>) {
        let (grid, mut done) = (grid(), Vec::new());
        loop {
            let next = grid.next(arm, &done);
            if next.is_empty() {
                return (grid.choose(arm, 0.5, &done), done);
            }
            assert_eq!(grid.choose(arm, 0.5, &done), None, "not before its end");
            done.extend(next.into_iter().map(|(setting, seed)| Trial { setting, seed, score: score(setting, seed) }));
        }
    }

    #[test]
    fn every_arm_has_the_same_budget_and_tuned_meets_every_rate_alike() {
        let grid = grid();
        for arm in Arm::ALL {
            assert_eq!(grid.settings(arm).len(), 15);
            let (_, done) = searched(arm, |_, _| Some(0.5));
            assert_eq!(done.len(), 15 + 2 * 5, "{arm}");
        }
        let tuned = grid.settings(Arm::Tuned);
        for rate in TUNED_RATES {
            let with: Vec<&Setting> = tuned.iter().filter(|s| s.rate == Some(rate)).collect();
            let mut learning_rates: Vec<f64> = with.iter().map(|s| s.learning_rate).collect();
            learning_rates.dedup();
            let mut epochs: Vec<usize> = with.iter().map(|s| s.epochs).collect();
            epochs.dedup();
            assert_eq!((with.len(), learning_rates.len(), epochs.len()), (3, 3, 3));
        }
        assert!(grid.settings(Arm::Guided).iter().all(|s| s.rate.is_none()));
    }

    #[test]
    fn the_best_mean_is_chosen_and_not_the_best_first_run() {
        let lucky = Setting { learning_rate: 1e-4, epochs: 3, rate: None };
        let good = Setting { learning_rate: 4e-4, epochs: 6, rate: None };
        let (choice, done) = searched(Arm::Guided, |setting, seed| {
            Some(match (setting, seed) {
                (s, 1) if s == lucky => 0.9,
                (s, _) if s == lucky => 0.5,
                (s, _) if s == good => 0.8,
                _ => 0.6,
            })
        });
        let choice = choice.unwrap();
        assert_eq!((choice.setting, choice.settings, choice.trials), (good, 15, 25));
        assert!((choice.score - 0.8).abs() < 1e-12);
        assert!(done.iter().all(|t| t.seed == 1 || [lucky, good].contains(&t.setting) || t.score == Some(0.6)));
    }

    #[test]
    fn what_diverged_is_not_chosen_and_ties_go_to_the_shorter() {
        let (choice, _) = searched(Arm::Standard, |s, _| (s.learning_rate < 4e-4).then_some(0.5));
        assert_eq!(choice.unwrap().setting, Setting { learning_rate: 1e-4, epochs: 3, rate: None });
        let (choice, _) = searched(Arm::Standard, |s, seed| (s.epochs == 12 || seed == 1).then_some(s.epochs as f64));
        assert_eq!(choice.unwrap().setting.epochs, 12);
        assert_eq!(searched(Arm::Standard, |_, _| None).0, None);
    }

    #[test]
    fn a_seed_of_the_comparison_is_refused() {
        let config = RawConfig { seeds: vec![7, 3], ..RawConfig::default() }.check().unwrap();
        let error = grid().check(&config).unwrap_err().to_string();
        assert!(error.contains("tune") && error.ends_with("got 3"), "{error}");
        let error = TuneGrid { epochs: Vec::new(), ..grid() }.check(&config).unwrap_err().to_string();
        assert!(error.contains("epochs"), "{error}");
    }
}
