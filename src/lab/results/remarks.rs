//! Remarks beside the verdict, as data and in words: whether training was long enough, how settings were chosen, and whether a transformer is
//! worth it here. About the largest fraction, as the verdict is.

use super::baselines::BaselineComparison;
use super::settled::ArmTraining;
use crate::analysis::metrics::FRACTION_METRICS;
use crate::analysis::settled::Settlement;
use crate::analysis::stats::{self, Outcome, interval_and_p};
use crate::baselines::Baseline;
use crate::data::dataset::Task;
use crate::lab::config::Config;
use crate::method::arms::Arm;
use serde::Serialize;

/// One statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Remark {
    /// Some arms stop in the middle of the climb: a difference may be a head start.
    Climbing {
        /// Which.
        arms: Vec<Arm>,
        /// The largest gain over the last third of a training.
        gain: f64,
        /// A length that would tell.
        suggested_epochs: usize,
    },
    /// Some arms are flat, but twice as many epochs change them.
    NotSettled {
        /// Which.
        arms: Vec<Arm>,
        /// The largest such change.
        change: f64,
        /// A length that would tell.
        suggested_epochs: usize,
    },
    /// All arms are flat; whether longer training changes some of them was not tried.
    Flat {
        /// Those.
        arms: Vec<Arm>,
        /// A length that would tell.
        suggested_epochs: usize,
    },
    /// All arms have settled.
    Settled,
    /// Each arm ran at its own best of this many settings.
    OwnBest {
        /// How many, the same for every arm.
        settings: usize,
    },
    /// Runs began with the checkpoint's own classifier.
    KeptClassifier,
    /// The best arm against the better baseline that is no transformer.
    Baseline {
        /// The arm with the best mean.
        arm: Arm,
        /// The baseline.
        baseline: Baseline,
        /// Mean of arm minus baseline.
        difference: f64,
        /// Seeds that have both.
        seeds: usize,
        /// 95 % t interval of the mean; none without spread.
        ci95: Option<[f64; 2]>,
        /// Sign-flip test, with Holm's correction over the arms, of which this one is the best; none with too few pairs.
        p_value: Option<f64>,
        /// How many arms it is corrected for.
        family: usize,
        /// The fewest seeds with which the test can show any difference among so many.
        least_seeds: usize,
        /// Whether the difference is shown; nothing with too few seeds to judge.
        outcome: Option<Outcome>,
    },
}

/// A remark with its sentence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WordedRemark {
    /// The remark.
    #[serde(flatten)]
    pub remark: Remark,
    /// In English, without a full stop.
    pub text: String,
}

impl WordedRemark {
    /// As [`Remark::all`].
    pub fn all(
        config: &Config,
        task: Task,
        trainings: &[ArmTraining],
        baselines: &[BaselineComparison],
    ) -> Vec<WordedRemark> {
        let remarks = Remark::all(config, trainings, baselines);
        let metric = config.metric.of(task);
        remarks.into_iter().map(|remark| WordedRemark { text: remark.text(metric), remark }).collect()
    }
}

impl Remark {
    /// The remarks that apply to an experiment, most important first.
    pub fn all(config: &Config, trainings: &[ArmTraining], baselines: &[BaselineComparison]) -> Vec<Remark> {
        let largest = config.fractions[0];
        let trainings: Vec<&ArmTraining> = trainings.iter().filter(|t| t.fraction == largest).collect();
        let mut remarks = Vec::new();
        remarks.extend(of_training(&trainings));
        let chosen = |&arm: &Arm| config.choices.iter().find(|c| c.arm == arm && c.fraction == largest);
        let chosen: Option<Vec<usize>> = config.arms.iter().map(|arm| chosen(arm).map(|c| c.settings)).collect();
        if let Some(&[settings, ref others @ ..]) = chosen.as_deref()
            && others.iter().all(|&other| other == settings)
        {
            remarks.push(Remark::OwnBest { settings });
        }
        if config.keep_classifier {
            remarks.push(Remark::KeptClassifier);
        }
        let compared = baselines.iter().filter(|c| c.fraction == largest && c.paired.seeds > 0);
        remarks.extend(of_baseline(&compared.collect::<Vec<_>>()));
        remarks
    }

    /// The statement as a sentence, without a full stop. Differences of `metric` are in points where it is a fraction.
    pub fn text(&self, metric: &str) -> String {
        let is_fraction = FRACTION_METRICS.contains(&metric);
        let points =
            |value: f64| if is_fraction { format!("{:.1} points", 100.0 * value) } else { format!("{value:.3}") };
        let names = |arms: &[Arm]| arms.iter().map(|arm| arm.name()).collect::<Vec<_>>().join(", ");
        match self {
            Remark::Climbing { arms, gain, suggested_epochs } => format!(
                "these runs stop in the middle of the climb: up to {} in the last third of the training ({}), so a difference may be a head start; \
                 {suggested_epochs} epochs would tell",
                points(*gain),
                names(arms)
            ),
            Remark::NotSettled { arms, change, suggested_epochs } => format!(
                "these runs are flat, but twice as many epochs change the mean by {} ({}); {suggested_epochs} epochs would tell",
                points(*change),
                names(arms)
            ),
            Remark::Flat { arms, suggested_epochs } => format!(
                "these runs are flat; whether longer training changes them was not tried ({}); {suggested_epochs} epochs would tell",
                names(arms)
            ),
            Remark::Settled => {
                let bound = if is_fraction { "1 point" } else { "0.01" };
                format!("these runs have settled: twice as many epochs change the means by at most {bound}")
            }
            Remark::OwnBest { settings } => format!("each arm ran at its own best of {settings} settings"),
            Remark::KeptClassifier => {
                "every run began with the checkpoint's own classifier, so the seeds do not draw heads".into()
            }
            Remark::Baseline { arm, baseline, difference, seeds, ci95, p_value, family, least_seeds, outcome } => {
                let of = baseline.name();
                let evidence = format!("({seeds} seeds{})", interval_and_p(metric, *ci95, *p_value, *family));
                match outcome {
                    Some(Outcome::Ahead) => {
                        format!(
                            "a transformer is worth it here: {arm} is {} above {of} {evidence}",
                            points(*difference)
                        )
                    }
                    Some(Outcome::Behind) => {
                        format!(
                            "a transformer is not worth it here: {arm} is {} below {of} {evidence}",
                            points(-difference)
                        )
                    }
                    Some(Outcome::Undecided) => format!(
                        "a transformer is not shown to be worth it here: {arm} differs from {of} by {} {evidence}",
                        points(*difference)
                    ),
                    None => format!(
                        "too few seeds to say whether a transformer is worth it here: {arm} differs from {of} by {} so far ({}; at least {least_seeds} are needed)",
                        points(*difference),
                        if *seeds == 1 { "1 seed".into() } else { format!("{seeds} seeds") }
                    ),
                }
            }
        }
    }
}

/// The best of these arms against its baseline. The arm is picked by the result, so its p-value is corrected for all of them.
fn of_baseline(compared: &[&BaselineComparison]) -> Option<Remark> {
    let difference = |it: usize| compared[it].paired.mean_difference;
    let best = (0..compared.len()).reduce(|a, b| if difference(b) > difference(a) { b } else { a })?;
    let tested: Vec<usize> = (0..compared.len()).filter(|&it| compared[it].paired.p_value.is_some()).collect();
    let corrected = stats::holm(&tested.iter().filter_map(|&it| compared[it].paired.p_value).collect::<Vec<_>>());
    let p_value = tested.iter().position(|&it| it == best).map(|place| corrected[place]);
    let BaselineComparison { arm, baseline, paired, .. } = compared[best];
    let (family, seeds) = (compared.len(), paired.seeds);
    let least_seeds = stats::least_seeds(family);
    let outcome = Outcome::of(paired, p_value, true).filter(|_| seeds >= least_seeds);
    let (arm, baseline, difference, ci95) = (*arm, *baseline, paired.mean_difference, paired.ci95);
    Some(Remark::Baseline { arm, baseline, difference, seeds, ci95, p_value, family, least_seeds, outcome })
}

fn of_training(trainings: &[&ArmTraining]) -> Option<Remark> {
    let is = |settlement: Settlement| {
        let found: Vec<&ArmTraining> = trainings.iter().copied().filter(|t| t.settlement == settlement).collect();
        (!found.is_empty()).then_some(found)
    };
    let arms = |of: &[&ArmTraining]| of.iter().map(|t| t.arm).collect::<Vec<_>>();
    let twice = |of: &[&ArmTraining]| 2 * of.iter().map(|t| t.epochs).max().unwrap_or(0);
    let largest = |values: &mut dyn Iterator<Item = f64>| {
        values.reduce(|a: f64, b| if b.abs() > a.abs() { b } else { a }).unwrap_or(0.0)
    };
    if let Some(of) = is(Settlement::Climbing) {
        let gain = largest(&mut of.iter().filter_map(|t| t.late_gain));
        return Some(Remark::Climbing { arms: arms(&of), gain, suggested_epochs: twice(&of) });
    }
    if let Some(of) = is(Settlement::FlatNotSettled) {
        let change = largest(&mut of.iter().filter_map(|t| t.doubled_change));
        return Some(Remark::NotSettled { arms: arms(&of), change, suggested_epochs: twice(&of) });
    }
    // Nothing is known of an arm that has no finished run; the verdict counts those.
    if let Some(of) = is(Settlement::Flat) {
        return Some(Remark::Flat { arms: arms(&of), suggested_epochs: twice(&of) });
    }
    is(Settlement::Settled).filter(|of| of.len() == trainings.len()).map(|_| Remark::Settled)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::analysis::stats::compare_paired;
    use crate::lab::choice::{Choice, Setting};
    use crate::lab::config::RawConfig;

    fn training(arm: Arm, settlement: Settlement, gain: f64) -> ArmTraining {
        let (curve, late_gain, doubled_change) = (Vec::new(), Some(gain), Some(-0.02));
        ArmTraining { arm, fraction: 1.0, metric: "accuracy", epochs: 4, curve, late_gain, doubled_change, settlement }
    }

    fn texts(config: &Config, trainings: &[ArmTraining], baselines: &[BaselineComparison]) -> Vec<String> {
        Remark::all(config, trainings, baselines).iter().map(|remark| remark.text("accuracy")).collect()
    }

    fn config() -> RawConfig {
        RawConfig { arms: vec![Arm::Standard, Arm::None], ..RawConfig::default() }
    }

    #[test]
    fn what_has_not_settled_is_said_by_the_worst() {
        let config = config().check().unwrap();
        let said = |standard, none| {
            let trainings = [training(Arm::Standard, standard, 0.27), training(Arm::None, none, 0.001)];
            texts(&config, &trainings, &[]).pop().unwrap_or_default()
        };
        use Settlement::{Climbing, Flat, FlatNotSettled, Settled, Unknown};
        let climbing = said(Climbing, Flat);
        assert!(climbing.contains("middle of the climb") && climbing.contains("27.0 points"), "{climbing}");
        assert!(climbing.contains("(standard)") && climbing.ends_with("8 epochs would tell"), "{climbing}");
        assert!(said(Flat, FlatNotSettled).contains("change the mean by -2.0 points (none)"));
        assert!(said(Settled, Flat).contains("was not tried (none)"));
        assert!(said(Settled, Settled).contains("have settled"));
        let [climb, settled] =
            [Remark::Climbing { arms: vec![Arm::None], gain: 0.27, suggested_epochs: 8 }, Remark::Settled]
                .map(|remark| remark.text("matthews"));
        assert!(climb.contains("up to 0.270 in the last third"), "a correlation has no points: {climb}");
        assert!(settled.ends_with("by at most 0.01"), "{settled}");
        assert_eq!(said(Settled, Unknown), "", "nothing is claimed of an arm without runs");
    }

    #[test]
    fn the_best_arm_is_measured_against_the_baseline() {
        let config = config().check().unwrap();
        let compared = |arm, differences: &[f64]| {
            let paired = compare_paired(differences, 0);
            let outcome = Outcome::of(&paired, paired.p_value, true);
            let (baseline, metric) = (Baseline::TfidfLogistic, "accuracy");
            BaselineComparison { arm, baseline, fraction: 1.0, metric, paired, outcome }
        };
        let spread = |mean: f64| (0..8).map(|i| mean + 0.001 * f64::from(i)).collect::<Vec<_>>();
        let said = |none: f64| {
            let both = [compared(Arm::Standard, &spread(-0.2)), compared(Arm::None, &spread(none))];
            texts(&config, &[], &both).pop().unwrap()
        };
        let evidence = "(8 seeds, 95 % interval 5.00 to 5.40, p = 0.0156 corrected for 2 comparisons)";
        assert_eq!(
            said(0.0485),
            format!("a transformer is worth it here: none is 5.2 points above tfidf-logistic {evidence}")
        );
        assert!(
            said(-0.1035).starts_with(
                "a transformer is not worth it here: none is 10.0 points below tfidf-logistic (8 seeds, 95 % interval -10."
            ),
            "{}",
            said(-0.1035)
        );
        assert!(said(-0.0034).contains("not shown to be worth it"));
        let few = |seeds: usize| texts(&config, &[], &[compared(Arm::None, &spread(0.1)[..seeds])]).pop().unwrap();
        assert!(few(1).ends_with("so far (1 seed; at least 6 are needed)"), "{}", few(1));
        assert!(few(5).starts_with("too few seeds"), "no five pairs reach p < 0.05: {}", few(5));
        assert!(few(6).contains("(6 seeds, 95 % interval 10.05 to 10.45, p = 0.0312)"), "{}", few(6));
    }

    #[test]
    fn own_best_is_said_where_every_arm_had_as_many_settings() {
        let choice = |arm, settings| Choice {
            arm,
            fraction: 1.0,
            setting: Setting { learning_rate: 1e-4, epochs: 4, rate: None },
            score: 0.5,
            settings,
            trials: 20,
        };
        let with = |choices: Vec<Choice>| texts(&RawConfig { choices, ..config() }.check().unwrap(), &[], &[]);
        assert_eq!(
            with(vec![choice(Arm::Standard, 12), choice(Arm::None, 12)]),
            ["each arm ran at its own best of 12 settings"]
        );
        assert!(with(vec![choice(Arm::Standard, 12), choice(Arm::None, 6)]).is_empty());
        assert!(with(vec![choice(Arm::Standard, 12)]).is_empty());
        let kept = RawConfig { keep_classifier: true, ..config() }.check().unwrap();
        assert!(texts(&kept, &[], &[])[0].contains("the checkpoint's own classifier"));
    }
}
