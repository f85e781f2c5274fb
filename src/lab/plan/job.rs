//! One independent piece of an experiment, as data.

use crate::lab::choice::Setting;
use crate::landscape::grid::{Settings, Subset};
use crate::method::arms::Arm;
use serde::{Deserialize, Serialize};

/// One independent piece of an experiment. As JSON the fields of its kind stand beside its own: `{"id": "run/none/1/1", "work": 1e9, "units": 8,
/// "kind": "run", "arm": "none", …}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The job's name in the plan.
    pub id: String,
    /// Multiply-adds, roughly.
    pub work: f64,
    /// How many events [`crate::lab::Lab::advance`] returns for it, its ends and evaluations apart: texts, optimisation steps or points.
    pub units: usize,
    /// What is computed.
    #[serde(flatten)]
    pub kind: JobKind,
}

/// What a job computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobKind {
    /// Fisher information of the texts from `from` to before `to`.
    Fisher {
        /// The first text.
        from: usize,
        /// One past the last text.
        to: usize,
    },
    /// One fine-tuning run.
    Run {
        /// Whose run.
        #[serde(flatten)]
        run: RunKey,
        /// The fraction of its work that evaluations take.
        evaluation: f64,
    },
    /// One fine-tuning run of a search for an arm's own best setting, evaluated at its end on validation data.
    Trial {
        /// Whose run.
        #[serde(flatten)]
        run: RunKey,
        /// The setting of the trial.
        setting: Setting,
    },
    /// Some points of one row of a loss surface.
    Landscape {
        /// The settings of the surfaces.
        settings: Settings,
        /// Which of them this is a part of.
        subset: Subset,
        /// The tensors that move, by name.
        moved: Vec<String>,
        /// 0 for the coarsest grid.
        level: usize,
        /// Which value of b.
        row: usize,
        /// Which values of a.
        columns: Vec<usize>,
    },
    /// A run made once more, to see where it goes in the plane through its own end and another's.
    Trajectory {
        /// Whose run.
        #[serde(flatten)]
        run: RunKey,
    },
    /// The task's loss at some points of that plane.
    Plane {
        /// Of the runs that the plane is made of.
        seed: u32,
        /// Of the runs that the plane is made of.
        fraction: f64,
        /// Rows of the training part, and of the test part, that the losses are means over, where there are so many.
        rows: usize,
        /// 0 for the coarsest grid.
        level: usize,
        /// Which row of the grid; none for the start and the two ends.
        row: Option<usize>,
        /// Which places of it.
        columns: Vec<usize>,
        /// Where they are: x and y.
        at: Vec<[f64; 2]>,
    },
}

/// What distinguishes a run from the others of its experiment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RunKey {
    /// Which rates.
    pub arm: Arm,
    /// Which split, head, batch order and noise.
    pub seed: u32,
    /// Which fraction of the training part.
    pub fraction: f64,
}

impl JobKind {
    /// Whose rates the job needs; none where it needs none.
    pub fn arm(&self) -> Option<Arm> {
        match self {
            JobKind::Run { run, .. } | JobKind::Trial { run, .. } | JobKind::Trajectory { run } => Some(run.arm),
            JobKind::Fisher { .. } | JobKind::Landscape { .. } | JobKind::Plane { .. } => None,
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_crosses_as_one_flat_object() {
        let run = RunKey { arm: Arm::UniformMean, seed: 3, fraction: 0.5 };
        let setting = Setting { learning_rate: 1e-4, epochs: 2, rate: None };
        let job = |kind| Job { id: "x".into(), work: 2.0, units: 8, kind };
        let cases = [
            (
                job(JobKind::Fisher { from: 0, to: 8 }),
                json!({"id": "x", "work": 2.0, "units": 8, "kind": "fisher", "from": 0, "to": 8}),
            ),
            (
                job(JobKind::Run { run, evaluation: 0.25 }),
                json!({"id": "x", "work": 2.0, "units": 8, "kind": "run", "arm": "uniform-mean", "seed": 3, "fraction": 0.5, "evaluation": 0.25}),
            ),
            (
                job(JobKind::Trial { run, setting }),
                json!({"id": "x", "work": 2.0, "units": 8, "kind": "trial", "arm": "uniform-mean", "seed": 3, "fraction": 0.5,
                    "setting": {"learning_rate": 1e-4, "epochs": 2}}),
            ),
            (
                job(JobKind::Trajectory { run }),
                json!({"id": "x", "work": 2.0, "units": 8, "kind": "trajectory", "arm": "uniform-mean", "seed": 3, "fraction": 0.5}),
            ),
        ];
        for (job, written) in cases {
            assert_eq!(serde_json::to_value(&job).unwrap(), written);
            assert_eq!(serde_json::from_value::<Job>(written).unwrap(), job);
        }
    }
}
