//! What corrected labels changed: an experiment with corrections against the one before, arm by arm, on the same test rows with the labels that the
//! file gives.

use super::DatasetSummary;
use super::digest::TestPart;
use super::run::RunReport;
use crate::analysis::metrics::widest_difference;
use crate::analysis::stats::{self, Outcome, PairedComparison, mean};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::{Config, RawConfig};
use crate::method::arms::Arm;
use serde::{Deserialize, Serialize};

/// What is needed of the `results.json` of the experiment before.
#[derive(Debug, Clone, Deserialize)]
pub struct Earlier {
    /// Its settings.
    pub config: RawConfig,
    /// Its data set.
    pub dataset: EarlierDataset,
    /// Its runs.
    pub runs: Vec<RunReport>,
}

/// A data set as the `results.json` of the experiment before describes it.
#[derive(Debug, Clone, Deserialize)]
pub struct EarlierDataset {
    /// Its test rows; none of versions that did not write them.
    #[serde(default)]
    pub test_parts: Vec<TestPart>,
}

/// The difference between two versions of a data set.
#[derive(Debug, Clone, Serialize)]
pub struct CorrectionEffect {
    /// The metric that counts.
    pub metric: &'static str,
    /// The largest fraction of the training part.
    pub fraction: f64,
    /// Every arm that both experiments have.
    pub arms: Vec<ArmEffect>,
}

/// The difference in one arm, paired by seed.
#[derive(Debug, Clone, Serialize)]
pub struct ArmEffect {
    /// The arm.
    pub arm: Arm,
    /// Its mean score before, over the pairs.
    pub earlier: f64,
    /// Its mean score with the corrections, over the pairs.
    pub corrected: f64,
    /// Corrected minus earlier: interval, p-value, effect size.
    #[serde(flatten)]
    pub paired: PairedComparison,
    /// The p-value after Holm's correction over the arms.
    pub p_holm: Option<f64>,
    /// The finding; none with too few pairs.
    pub outcome: Option<Outcome>,
}

impl CorrectionEffect {
    /// Compares an experiment with the one before.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where other settings than arms and seeds differ, where a seed is not tested on the same rows with the same labels, and
    /// where no arm has a seed in common.
    pub(super) fn of(
        (config, dataset): (&Config, &DatasetSummary),
        runs: &[RunReport],
        earlier: &Earlier,
    ) -> Result<CorrectionEffect> {
        check_settings(config, &earlier.config)?;
        check_test_parts(&dataset.test_parts, &earlier.dataset.test_parts)?;
        let (metric, fraction) = (config.metric.of(dataset.task), config.fractions[0]);
        let score = |runs: &[RunReport], arm: Arm, seed: u32| {
            runs.iter().find(|it| it.arm == arm && it.seed == seed && it.fraction == fraction)?.score(metric)
        };
        let most = widest_difference(metric);
        let effect = |&arm: &Arm| {
            let pair = |&seed: &u32| Some([score(&earlier.runs, arm, seed)?, score(runs, arm, seed)?]);
            let pairs: Vec<[f64; 2]> = config.seeds.iter().filter_map(pair).collect();
            let differences: Vec<f64> = pairs.iter().map(|[earlier, corrected]| corrected - earlier).collect();
            let of = |place: usize| mean(&pairs.iter().map(|pair| pair[place]).collect::<Vec<_>>());
            let mut paired = stats::compare_paired(&differences, 0);
            paired.ci95 = paired.ci95.map(|ends| ends.map(|end| end.clamp(-most, most)));
            let (earlier, corrected) = (of(0), of(1));
            (!pairs.is_empty()).then_some(ArmEffect { arm, earlier, corrected, paired, p_holm: None, outcome: None })
        };
        let mut arms: Vec<ArmEffect> = config.arms.iter().filter_map(effect).collect();
        if arms.is_empty() {
            return refuse("runs", "an arm and a seed that both experiments have", "none".into());
        }
        let tested: Vec<usize> = (0..arms.len()).filter(|&arm| arms[arm].paired.p_value.is_some()).collect();
        let p_values: Vec<f64> = tested.iter().filter_map(|&arm| arms[arm].paired.p_value).collect();
        for (arm, p) in tested.into_iter().zip(stats::holm(&p_values)) {
            arms[arm].p_holm = Some(p);
        }
        for arm in &mut arms {
            arm.outcome = Outcome::of(&arm.paired, arm.p_holm, true); // every metric is the better the higher it is
        }
        Ok(CorrectionEffect { metric, fraction, arms })
    }
}

fn check_settings(config: &Config, earlier: &RawConfig) -> Result<()> {
    let mut earlier = earlier.clone();
    // Which arms and seeds there are changes no run; nor does the metric, which is this experiment's for both.
    earlier.arms.clone_from(&config.arms);
    earlier.seeds.clone_from(&config.seeds);
    earlier.metric = config.metric;
    if earlier == **config {
        return Ok(());
    }
    refuse("config", "the settings of the experiment with corrected labels, but for arms and seeds", "others".into())
}

fn check_test_parts(here: &[TestPart], there: &[TestPart]) -> Result<()> {
    for TestPart { seed, digest } in here {
        let Some(other) = there.iter().find(|other| other.seed == *seed) else { continue };
        if other.digest != *digest {
            let expected = format!("the test rows and labels of seed {seed} as with corrections, {digest}");
            return refuse("test_parts", &expected, other.digest.clone());
        }
    }
    if there.is_empty() {
        return refuse("test_parts", "digests of its test rows", "none, as of versions up to 0.2.0".into());
    }
    Ok(())
}

fn refuse<T>(column: &str, expected: &str, got: String) -> Result<T> {
    Err(Error::new(ErrorKind::Config, Place::named("the experiment before").column(column), expected, got))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::data::dataset::{Correction, Dataset, ReadOptions, Task};
    use crate::lab::results::{EpochReport, Scores};

    fn dataset(corrections: Vec<Correction>) -> Dataset {
        let rows: String = (0..40).map(|row| format!("text {row},{}\n", ["a", "b"][row % 2])).collect();
        let options = ReadOptions { corrections, ..ReadOptions::default() };
        Dataset::read(format!("text,label\n{rows}").as_bytes(), &options).unwrap()
    }

    fn config() -> Config {
        RawConfig { arms: vec![Arm::Standard, Arm::None], seeds: (1..=7).collect(), ..RawConfig::default() }
            .check()
            .unwrap()
    }

    /// Runs of every arm and seed with these accuracies.
    fn runs(accuracy: impl Fn(Arm, u32) -> f64) -> Vec<RunReport> {
        let run = |arm: Arm, seed: u32| {
            let scores = Scores { accuracy: Some(accuracy(arm, seed)), ..Scores::default() };
            let epoch = EpochReport { epoch: 1, steps: 1, train_loss: 0.5, eval_loss: 0.5, scores };
            RunReport { epochs: vec![epoch], ..RunReport::new(arm, seed, 1.0) }
        };
        [Arm::Standard, Arm::None].into_iter().flat_map(|arm| (1..=7).map(move |seed| run(arm, seed))).collect()
    }

    fn summary(dataset: &Dataset) -> DatasetSummary {
        DatasetSummary::new(&config(), dataset).unwrap()
    }

    fn earlier(dataset: &Dataset) -> Earlier {
        let test_parts = summary(dataset).test_parts;
        let runs = runs(|_, seed| 0.5 + 0.01 * f64::from(seed));
        Earlier { config: (*config()).clone(), dataset: EarlierDataset { test_parts }, runs }
    }

    fn corrections() -> Vec<Correction> {
        let correction = |example: usize| Correction {
            example,
            given: ["a", "b"][example % 2].into(),
            corrected: (!example.is_multiple_of(3)).then(|| "a".into()),
        };
        (0..20).map(correction).collect()
    }

    #[test]
    fn arms_are_paired_by_seed() {
        let (old, new) = (dataset(Vec::new()), dataset(corrections()));
        assert_eq!(summary(&old).task, Task::Classification);
        // Standard gains 1 to 7 points, none loses nothing; the seed 3 of the one before is missing there.
        let gain = |arm: Arm, seed: u32| if arm == Arm::Standard { 0.01 * f64::from(seed) } else { 0.0 };
        let now = runs(|arm, seed| 0.5 + 0.01 * f64::from(seed) + gain(arm, seed));
        let mut before = earlier(&old);
        before.runs.retain(|run| (run.arm, run.seed) != (Arm::None, 3));
        let effect = CorrectionEffect::of((&config(), &summary(&new)), &now, &before).unwrap();
        assert_eq!((effect.metric, effect.fraction, effect.arms.len()), ("accuracy", 1.0, 2));
        let [standard, none] = &effect.arms[..] else { panic!("two arms") };
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        assert_eq!((standard.arm, standard.paired.seeds, none.paired.seeds), (Arm::Standard, 7, 6));
        near(standard.earlier, 0.54);
        near(standard.corrected, 0.58);
        near(standard.paired.mean_difference, 0.04);
        // t at 6 degrees of freedom, 2.446912, times the standard deviation of 1 to 7 points over √7.
        let half = 2.446_911_851 * (28.0_f64 / 6.0).sqrt() * 0.01 / 7.0_f64.sqrt();
        let [low, high] = standard.paired.ci95.unwrap();
        assert!((low - (0.04 - half)).abs() < 1e-8 && (high - (0.04 + half)).abs() < 1e-8, "{low} {high}");
        assert_eq!((standard.outcome, none.paired.mean_difference), (Some(Outcome::Ahead), 0.0));
    }

    #[test]
    fn other_test_rows_and_other_settings_are_refused() {
        let (old, new) = (dataset(Vec::new()), dataset(corrections()));
        let (now, now_summary) = (runs(|_, _| 0.5), summary(&new));
        let refusal =
            |earlier: &Earlier| CorrectionEffect::of((&config(), &now_summary), &now, earlier).unwrap_err().to_string();
        let relabelled = |row: usize| if row == 0 { "b" } else { ["a", "b"][row % 2] };
        let rows: String = (0..40).map(|row| format!("text {row},{}\n", relabelled(row))).collect();
        let other = Dataset::read(format!("text,label\n{rows}").as_bytes(), &ReadOptions::default()).unwrap();
        let said = refusal(&earlier(&other));
        assert!(
            said.starts_with(
                r#"the experiment before, column "test_parts": expected the test rows and labels of seed"#
            ),
            "{said}"
        );
        let mut longer = earlier(&old);
        longer.config.epochs += 1;
        assert!(refusal(&longer).contains("the settings of the experiment with corrected labels"));
        let mut first = earlier(&old);
        first.dataset.test_parts.clear();
        assert!(refusal(&first).contains("digests of its test rows, got none"));
        let nothing = Earlier { runs: Vec::new(), ..earlier(&old) };
        assert!(refusal(&nothing).contains("an arm and a seed that both experiments have"));
    }
}
