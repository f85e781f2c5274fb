//! The card's table of scores.

use super::Experiment;
use crate::analysis::metrics::{FRACTION_METRICS, in_sentence};
use crate::analysis::stats::{mean, t_interval};
use crate::baselines::Baseline;
use crate::lab::metric::metrics_of;
use crate::method::arms::Arm;

/// `1 seed`, `5 seeds`.
pub fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A score in points of a hundred, or a correlation.
fn score(metric: &str, value: f64) -> String {
    if FRACTION_METRICS.contains(&metric) { format!("{:.1} %", 100.0 * value) } else { format!("{value:.3}") }
}

/// A mean with its 95 % t interval, cut to what is possible.
fn with_interval(metric: &str, scores: &[f64]) -> String {
    if scores.is_empty() {
        return "not measured".into();
    }
    let lowest = if FRACTION_METRICS.contains(&metric) { 0.0 } else { -1.0 };
    let interval = t_interval(scores).map(|ends| ends.map(|end| score(metric, end.clamp(lowest, 1.0))));
    let mean = score(metric, mean(scores));
    interval.map_or(mean.clone(), |[low, high]| format!("{mean} ({low} to {high})"))
}

/// What a baseline is called in a sentence.
fn called(baseline: Baseline) -> &'static str {
    match baseline {
        Baseline::Majority => "the most frequent label",
        Baseline::Mean => "the mean score",
        Baseline::TfidfLogistic => "TF-IDF with logistic regression",
        Baseline::TfidfRidge => "TF-IDF with ridge regression",
    }
}

impl Experiment {
    /// An arm's scores on the largest fraction, one for each seed.
    pub(super) fn scores(&self, arm: Arm, metric: &str) -> Vec<f64> {
        let of_arm = self.told.runs.iter().filter(|run| (run.arm, run.fraction) == (arm, self.fraction()));
        of_arm.filter_map(|run| run.score(metric)).collect()
    }

    fn baseline_scores(&self, baseline: Baseline, metric: &str) -> Vec<f64> {
        let at = self.told.baselines.iter().filter(|it| (it.baseline, it.fraction) == (baseline, self.fraction()));
        at.filter_map(|it| it.scores.get(metric)).collect()
    }

    /// These weights, their arm over seeds, the standard arm, and the baselines, by metric.
    pub(super) fn score_table(&self) -> String {
        let metrics = metrics_of(self.told.dataset.task);
        let cells =
            |of: &dyn Fn(&str) -> String| metrics.iter().map(|metric| of(metric)).collect::<Vec<_>>().join(" | ");
        let row = |label: String, of: &dyn Fn(&str) -> String| format!("| {label} | {} |\n", cells(of));
        let mut table = row("model".into(), &|metric| in_sentence(metric).to_string());
        table += &format!("|---|{}\n", "---:|".repeat(metrics.len()));
        let of_run = |metric: &str| {
            let found = self.run().and_then(|run| run.score(metric));
            found.map_or("not defined".into(), |value| score(metric, value))
        };
        table += &row(format!("these weights (seed {})", self.config.seeds[0]), &of_run);
        let mut arms = vec![self.arm];
        arms.extend(self.config.arms.iter().copied().filter(|&arm| arm == Arm::Standard && arm != self.arm));
        for arm in arms {
            let seeds = counted(self.scores(arm, metrics[0]).len(), "seed");
            table += &row(format!("arm `{arm}`, mean over {seeds}"), &|metric| {
                with_interval(metric, &self.scores(arm, metric))
            });
        }
        for baseline in Baseline::of(self.told.dataset.task).into_iter().rev() {
            let of = |metric: &str| with_interval(metric, &self.baseline_scores(baseline, metric));
            table += &row(called(baseline).into(), &of);
        }
        table
    }
}
