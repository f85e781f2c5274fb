//! The scores of one set of the evidence.

use super::length::{LONG_EPOCHS, SHARE};
use super::{ALL_ROWS, ARMS, Failure, LARGER, LONG};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::schedule::SiteScore;
use guided_dropout_lab::settings::FORMER_NAMES;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Two machines' Fisher information of one model differs by rounding, relative to the site's own.
const ROUNDING: f64 = 1e-3;

/// All scores of one set.
#[derive(Serialize, Deserialize)]
pub struct Set {
    pub name: String,
    pub metric: String,
    pub train_rows: usize,
    pub test_rows: usize,
    pub seeds: Vec<u32>,
    /// Fisher information of each site.
    pub sites: Vec<SiteScore>,
    /// By arm, then by fraction: a score for each seed.
    scores: BTreeMap<String, BTreeMap<String, Vec<f64>>>,
    /// Of a long set: by arm, for each seed, the score after each epoch.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    along: BTreeMap<String, Vec<Vec<f64>>>,
    /// Hours of one thread.
    pub hours: f64,
    /// The commits of the cores that made them, in their order. All runs of a seed are made by one core.
    pub commits: Vec<String>,
    /// The day of the newest runs.
    pub date: String,
}

impl Set {
    /// # Errors
    /// Where a run of one of its seeds is missing, or it was not made by the plan.
    pub fn of(results: &Value, plan: &Value, name: &str, commit: &str, date: &str) -> Result<Set, Failure> {
        let mut plan = plan.clone();
        if ALL_ROWS.contains(&name) {
            plan["fractions"] = json!([1.0]);
        }
        if LONG.contains(&name) {
            plan["fractions"] = json!([SHARE]);
            plan["epochs"] = json!(LONG_EPOCHS);
        }
        if LARGER.contains(&name) {
            plan["model"] = json!("model"); // its folder in the package
            plan["learning_rate"] = json!(1e-4);
        }
        for (key, value) in plan.as_object().ok_or("no plan")?.iter().filter(|(key, _)| *key != "seeds") {
            let found = setting(&results["config"], key);
            if found != value {
                return Err(format!("{name}: {key} is {found}, planned {value}").into());
            }
        }
        let fractions: Vec<f64> = serde_json::from_value(plan["fractions"].take())?;
        let regression = results["dataset"]["task"] == "regression";
        let metric = if regression { "pearson" } else { "accuracy" };
        let seeds: Vec<u32> = serde_json::from_value(results["config"]["seeds"].clone())?;
        let runs = results["runs"].as_array().ok_or("no runs")?;
        let (mut scores, mut along) = (BTreeMap::new(), BTreeMap::new());
        for arm in ARMS {
            let by_fraction: &mut BTreeMap<_, _> = scores.entry(arm.to_string()).or_default();
            for &fraction in &fractions {
                let epochs = |seed: &u32| {
                    let run = runs.iter().find(|r| {
                        r["arm"] == arm.to_string() && r["seed"] == *seed && r["fraction"].as_f64() == Some(fraction)
                    });
                    run.and_then(|r| r["epochs"].as_array()).map_or(&[][..], Vec::as_slice)
                };
                let score = |epoch: Option<&Value>, seed: u32| {
                    let score = epoch.and_then(|epoch| epoch[metric].as_f64());
                    score.ok_or_else(|| format!("{name}: no {metric} of {arm}, seed {seed}, {fraction}"))
                };
                let last = |seed: &u32| score(epochs(seed).last(), *seed);
                by_fraction.insert(fraction.to_string(), seeds.iter().map(last).collect::<Result<Vec<_>, _>>()?);
                if LONG.contains(&name) {
                    let each = |seed: &u32| (0..LONG_EPOCHS).map(|i| score(epochs(seed).get(i), *seed)).collect();
                    along.insert(arm.to_string(), seeds.iter().map(each).collect::<Result<Vec<Vec<_>>, _>>()?);
                }
            }
        }
        let rows = |part: &str| results["dataset"][part].as_u64().unwrap_or_default() as usize;
        let milliseconds: f64 = runs.iter().filter_map(|r| r["elapsed_ms"].as_f64()).sum();
        Ok(Set {
            name: name.into(),
            metric: metric.into(),
            train_rows: rows("train_rows"),
            test_rows: rows("test_rows"),
            seeds,
            sites: serde_json::from_value(results["fisher"]["sites"].clone())?,
            scores,
            along,
            hours: milliseconds / 3.6e6,
            commits: vec![commit.into()],
            date: date.into(),
        })
    }

    /// Adds the runs of other seeds.
    ///
    /// # Errors
    /// If a seed has runs in both, the rows are not the same, or one lacks what it was after each epoch.
    pub fn add(&mut self, other: Set) -> Result<(), Failure> {
        if let Some(seed) = other.seeds.iter().find(|seed| self.seeds.contains(seed)) {
            return Err(format!("{}: seed {seed} is there already", self.name).into());
        }
        if !self.has_rows_and_sites_of(&other) {
            return Err(format!("{}: other rows or other Fisher information", self.name).into());
        }
        if self.along.keys().ne(other.along.keys()) {
            return Err(format!("{}: one of both lacks the scores after each epoch", self.name).into());
        }
        for (arm, fraction, scores) in
            self.scores.iter_mut().flat_map(|(arm, of)| of.iter_mut().map(move |(f, s)| (arm, f, s)))
        {
            scores.extend(&other.scores[arm][fraction]);
        }
        for (arm, runs) in &mut self.along {
            runs.extend(other.along[arm].iter().cloned());
        }
        self.seeds.extend(other.seeds);
        self.hours += other.hours;
        self.commits.extend(other.commits);
        self.commits.dedup();
        self.date = other.date;
        Ok(())
    }

    /// Whether it has as many rows, and the same Fisher information.
    pub fn has_rows_and_sites_of(&self, other: &Set) -> bool {
        let same =
            |(a, b): (&SiteScore, &SiteScore)| a.site == b.site && (a.score - b.score).abs() <= ROUNDING * a.score;
        (self.train_rows, self.test_rows) == (other.train_rows, other.test_rows)
            && self.sites.len() == other.sites.len()
            && self.sites.iter().zip(&other.sites).all(same)
    }

    /// The scores of these seeds, in this order; nothing where one is missing.
    pub fn of_seeds(mut self, seeds: &[u32]) -> Option<Set> {
        let place = |seed| self.seeds.iter().position(|own| own == seed);
        let places: Vec<usize> = seeds.iter().map(place).collect::<Option<_>>()?;
        for scores in self.scores.values_mut().flat_map(BTreeMap::values_mut) {
            *scores = places.iter().map(|&place| scores[place]).collect();
        }
        for runs in self.along.values_mut() {
            *runs = places.iter().map(|&place| runs[place].clone()).collect();
        }
        self.seeds = seeds.to_vec();
        Some(self)
    }

    /// The largest first.
    pub fn fractions(&self) -> Vec<f64> {
        let of_one_arm = self.scores.values().next().into_iter().flatten();
        let mut fractions: Vec<f64> = of_one_arm.filter_map(|(fraction, _)| fraction.parse().ok()).collect();
        fractions.sort_by(|a, b| b.total_cmp(a));
        fractions
    }

    pub fn scores(&self, arm: Arm, fraction: f64) -> &[f64] {
        &self.scores[arm.name()][&fraction.to_string()]
    }

    /// Of a long set: the scores after an epoch, the first of which is 1.
    pub fn scores_after(&self, arm: Arm, epoch: usize) -> Vec<f64> {
        self.along[arm.name()].iter().map(|run| run[epoch - 1]).collect()
    }

    /// Arm minus baseline, seed by seed.
    pub fn differences(&self, arm: Arm, baseline: Arm, fraction: f64) -> Vec<f64> {
        self.scores(arm, fraction).iter().zip(self.scores(baseline, fraction)).map(|(a, b)| a - b).collect()
    }
}

/// A setting by the name that the plan has for it, in a configuration that may have its former or its present name.
fn setting<'a>(config: &'a Value, name: &str) -> &'a Value {
    let present = FORMER_NAMES.iter().find(|(former, _)| *former == name).map_or(name, |(_, present)| present);
    config.get(present).unwrap_or(&config[name])
}
