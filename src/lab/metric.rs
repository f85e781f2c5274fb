//! The metric that a verdict is about: the task's usual one, or another that the reader chose.

use crate::data::dataset::Task;
use crate::error::{Error, ErrorKind, Place, Result};
use serde::{Deserialize, Serialize};

/// What counts. Every run records all metrics of its task, so the choice changes no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The first of the task's: accuracy, or Pearson for scores.
    #[default]
    Automatic,
    /// The fraction of correct predictions.
    Accuracy,
    /// The unweighted mean over classes of F1.
    MacroF1,
    /// Matthews correlation.
    Matthews,
    /// Pearson correlation.
    Pearson,
    /// Spearman correlation.
    Spearman,
}

impl Metric {
    /// Every choice, in the order of the form.
    pub const ALL: [Metric; 6] =
        [Metric::Automatic, Metric::Accuracy, Metric::MacroF1, Metric::Matthews, Metric::Pearson, Metric::Spearman];

    /// Its name in settings; but for [`Metric::Automatic`], also in results.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Automatic => "automatic",
            Metric::Accuracy => "accuracy",
            Metric::MacroF1 => "macro_f1",
            Metric::Matthews => "matthews",
            Metric::Pearson => "pearson",
            Metric::Spearman => "spearman",
        }
    }

    /// The name of the metric that counts. Of a choice that [`Metric::check`] refuses, one that no run of the task has.
    pub fn of(self, task: Task) -> &'static str {
        match self {
            Metric::Automatic => metrics_of(task)[0],
            chosen => chosen.name(),
        }
    }

    /// Refuses a metric that measures another task.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the metrics that the task has.
    pub fn check(self, task: Task) -> Result<()> {
        let of_task = metrics_of(task);
        if self == Metric::Automatic || of_task.contains(&self.name()) {
            return Ok(());
        }
        let names = of_task.join(", ");
        let expected = match task {
            Task::Classification => format!("{names}, or automatic: the labels are classes"),
            Task::Regression => format!("{names}, or automatic: the labels are scores"),
        };
        Err(Error::new(ErrorKind::Config, Place::named("metric"), expected, self.name()))
    }
}

/// The metrics of a task, its usual one first.
pub fn metrics_of(task: Task) -> &'static [&'static str] {
    match task {
        Task::Classification => &["accuracy", "macro_f1", "matthews"],
        Task::Regression => &["pearson", "spearman"],
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn the_usual_metric_or_the_chosen_one_counts() {
        let of = |metric: Metric| [Task::Classification, Task::Regression].map(|task| metric.of(task));
        assert_eq!(of(Metric::Automatic), ["accuracy", "pearson"]);
        assert_eq!(of(Metric::MacroF1)[0], "macro_f1");
        assert_eq!(of(Metric::Spearman)[1], "spearman");
        for metric in Metric::ALL {
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
        }
    }

    #[test]
    fn a_metric_of_the_other_task_is_refused() {
        for metric in Metric::ALL {
            let fits = [Task::Classification, Task::Regression].map(|task| metric.check(task).is_ok());
            assert_eq!(fits[0] && fits[1], metric == Metric::Automatic, "{metric:?}");
            assert!(fits[0] || fits[1], "{metric:?}");
        }
        let words = Metric::MacroF1.check(Task::Regression).unwrap_err().to_string();
        assert_eq!(words, "metric: expected pearson, spearman, or automatic: the labels are scores, got macro_f1");
    }
}
