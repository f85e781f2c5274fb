//! `results.json`: the runs of an experiment, their comparisons and the verdict.

use crate::analysis::stats::Clause;
use crate::data::dataset::{Dataset, Rejection, Task};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use crate::lab::formats::RESULTS;
use crate::method::arms::Arm;
use crate::method::fisher::Estimate;
use crate::method::rates::ArmRates;
use crate::method::schedule::SiteRate;
use crate::models::pretrained::Pretrained;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod answers;
mod baselines;
mod cell;
mod classes;
mod comparison;
mod correction;
mod digest;
mod elsewhere;
mod inputs;
mod learning;
mod remarks;
mod run;
mod settled;
mod shipped;
mod suspects;

pub use baselines::{BaselineComparison, BaselineRun};
pub use cell::{CellRow, Predicted};
pub use classes::{ClassScores, SeedMean};
pub use comparison::{Comparison, Judgement};
pub use correction::{ArmEffect, CorrectionEffect, Earlier, EarlierDataset};
pub use digest::TestPart;
pub use elsewhere::{JudgedFile, RunFile, RunTable};
pub use inputs::{DatasetInput, Input, Inputs};
pub use learning::{BaselinePoint, Doubling, LearningPoint};
pub use remarks::{Remark, WordedRemark};
pub use run::{EpochReport, RunReport, Scores, StepLoss};
pub use settled::{ArmTraining, DifferenceAlong, Probe};
pub use suspects::{Caution, MOST_LISTED, SuspectRow, Suspects};

/// The data set as results describe it.
#[derive(Debug, Clone, Serialize)]
pub struct DatasetSummary {
    /// The file's name.
    pub name: String,
    /// Usable rows.
    pub rows: usize,
    /// Rows of each training part.
    pub train_rows: usize,
    /// Rows of each test part.
    pub test_rows: usize,
    /// Rows that each of `config.fractions` trains on, in their order.
    pub fraction_rows: Vec<usize>,
    /// The labels, in class order; none for a regression.
    pub labels: Vec<String>,
    /// The task.
    pub task: Task,
    /// Rows that were not used.
    pub rejected: Vec<Rejection>,
    /// Rows that are trained on with another label than the file gives.
    pub relabelled: usize,
    /// Rows that are not trained on.
    pub dropped: usize,
    /// The test rows of each seed; they keep the labels that the file gives.
    pub test_parts: Vec<TestPart>,
}

impl DatasetSummary {
    /// Of a data set, as these settings divide it; its numbers of rows are those of the first seed's split.
    ///
    /// # Errors
    /// A data set that the configuration cannot split.
    pub fn new(config: &Config, dataset: &Dataset) -> Result<DatasetSummary> {
        let split = config.split(dataset, config.seeds[0])?;
        Ok(DatasetSummary {
            name: dataset.name.clone(),
            rows: dataset.examples.len(),
            train_rows: split.train.len(),
            test_rows: split.test.len(),
            fraction_rows: config.fractions.iter().map(|&it| split.fraction(dataset, it).len()).collect(),
            labels: dataset.labels.clone(),
            task: dataset.task,
            rejected: dataset.rejected.clone(),
            relabelled: dataset.corrections.values().filter(|it| it.is_some()).count(),
            dropped: dataset.corrections.values().filter(|it| it.is_none()).count(),
            test_parts: TestPart::of_all(config, dataset)?,
        })
    }
}

/// The model as results describe it.
#[derive(Debug, Clone, Serialize)]
pub struct ModelSummary {
    /// The name under which it is known.
    pub name: String,
    /// How many parameters.
    pub parameters: usize,
    /// How many layers.
    pub layers: usize,
    /// Its width.
    pub hidden: usize,
}

/// The device as results describe it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceSummary {
    /// `cpu` or `webgpu`.
    pub kind: String,
    /// The adapter's own name, if it gives one.
    #[serde(default)]
    pub adapter: Option<String>,
}

/// `results.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Results {
    format: &'static str,
    version: u32,
    config: Config,
    device: DeviceSummary,
    dataset: DatasetSummary,
    model: ModelSummary,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<Inputs>,
    fisher: Option<Estimate>,
    arms: BTreeMap<Arm, Vec<SiteRate>>,
    runs: Vec<RunReport>,
    comparisons: Vec<Comparison>,
    clauses: Vec<Clause>,
    /// Whether each arm has settled.
    trainings: Vec<ArmTraining>,
    /// How far each arm was ahead of the standard one along the training.
    along: Vec<DifferenceAlong>,
    /// Precision, recall and F1 of each class in each arm.
    classes: Vec<ClassScores>,
    /// Each arm's score by fraction, where several are compared.
    learning: Vec<LearningPoint>,
    /// The same of the baseline on TF-IDF.
    learning_baseline: Vec<BaselinePoint>,
    /// What the last doubling of the training rows gave each arm.
    doublings: Vec<Doubling>,
    probes: Vec<Probe>,
    /// Scores of the baselines that are no transformers; see [`Results::with_baselines`].
    baselines: Vec<BaselineRun>,
    baseline_comparisons: Vec<BaselineComparison>,
    /// Labels that the runs contradict; of classification alone.
    suspects: Option<Suspects>,
    /// What corrected labels changed; see [`Results::with_earlier`].
    correction_effect: Option<CorrectionEffect>,
    verdict: String,
    /// Remarks beside the verdict.
    remarks: Vec<WordedRemark>,
}

impl Results {
    /// Puts an experiment together. Runs are sorted by fraction, seed and arm, so their order of arrival leaves no
    /// trace.
    ///
    /// # Errors
    /// A data set that the configuration cannot split, and runs of other arms or with other test rows.
    pub fn new(
        config: &Config,
        device: DeviceSummary,
        dataset: &Dataset,
        pretrained: &Pretrained,
        fisher: Option<Estimate>,
        arms: &BTreeMap<Arm, ArmRates>,
        mut runs: Vec<RunReport>,
    ) -> Result<Results> {
        let place = |arm: Arm| config.arms.iter().position(|&a| a == arm);
        if let Some(odd) = runs.iter().find(|r| place(r.arm).is_none()) {
            let expected = "runs of the experiment's own arms";
            return Err(Error::new(ErrorKind::Config, Place::named("runs"), expected, odd.arm.name()));
        }
        runs.sort_by(|a, b| {
            let key = |r: &RunReport| (r.seed, place(r.arm));
            b.fraction.total_cmp(&a.fraction).then_with(|| key(a).cmp(&key(b)))
        });
        let suspects = Suspects::of(config, dataset, &runs)?;
        let Judgement {
            comparisons, clauses, verdict, trainings, along, classes, learning, doublings, remarks, ..
        } = Judgement::new(config, dataset.task, &dataset.labels, &runs);
        Ok(Results {
            format: RESULTS.name,
            version: RESULTS.version,
            config: config.clone(),
            device,
            dataset: DatasetSummary::new(config, dataset)?,
            model: ModelSummary {
                name: pretrained.name.clone(),
                parameters: pretrained.parameters,
                layers: pretrained.config.num_hidden_layers,
                hidden: pretrained.config.hidden_size,
            },
            inputs: None,
            fisher,
            arms: arms.iter().map(|(arm, rates)| (*arm, rates.rates.clone())).collect(),
            runs,
            comparisons,
            clauses,
            trainings,
            along,
            classes,
            learning,
            learning_baseline: Vec::new(),
            doublings,
            probes: Vec::new(),
            baselines: Vec::new(),
            baseline_comparisons: Vec::new(),
            suspects,
            correction_effect: None,
            verdict,
            remarks,
        }
        .with_probes(shipped::probes(config, dataset, pretrained)))
    }

    /// With the baselines' scores, and every arm compared with the better one.
    pub fn with_baselines(mut self, baselines: Vec<BaselineRun>) -> Results {
        self.baseline_comparisons = baselines::compare(&self.config, self.dataset.task, &self.runs, &baselines);
        self.learning_baseline = learning::baseline_curve(&self.config, self.dataset.task, &baselines);
        self.baselines = baselines;
        self.with_remarks()
    }

    /// With the difference from the experiment before, which had no corrections of labels, or others.
    ///
    /// # Errors
    /// Other settings than arms and seeds, other test rows or labels, and nothing in common.
    pub fn with_earlier(self, earlier: &Earlier) -> Result<Results> {
        let effect = CorrectionEffect::of((&self.config, &self.dataset), &self.runs, earlier)?;
        Ok(Results { correction_effect: Some(effect), ..self })
    }

    /// What corrected labels changed.
    pub fn correction_effect(&self) -> Option<&CorrectionEffect> {
        self.correction_effect.as_ref()
    }

    /// With what twice the length changed where it was tried, beside what is known of the lab's own samples.
    pub fn with_probes(mut self, probes: Vec<Probe>) -> Results {
        self.probes.extend(probes);
        self.trainings = settled::trainings(&self.config, self.dataset.task, &self.runs, &self.probes);
        self.with_remarks()
    }

    fn with_remarks(mut self) -> Results {
        self.remarks = WordedRemark::all(&self.config, self.dataset.task, &self.trainings, &self.baseline_comparisons);
        self
    }

    /// Remarks beside the verdict, most important first.
    pub fn remarks(&self) -> &[WordedRemark] {
        &self.remarks
    }

    /// Each arm's training: whether it has settled.
    pub fn trainings(&self) -> &[ArmTraining] {
        &self.trainings
    }

    /// Every arm against the better baseline.
    pub fn baseline_comparisons(&self) -> &[BaselineComparison] {
        &self.baseline_comparisons
    }

    /// The same, with the files that were read, so that it can be repeated.
    #[must_use]
    pub fn with_inputs(self, inputs: Option<Inputs>) -> Results {
        Results { inputs, ..self }
    }

    /// The comparisons.
    pub fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// Labels that the runs contradict.
    pub fn suspects(&self) -> Option<&Suspects> {
        self.suspects.as_ref()
    }

    /// Precision, recall and F1 of each class in each arm.
    pub fn classes(&self) -> &[ClassScores] {
        &self.classes
    }

    /// What the last doubling of the training rows gave each arm, in words.
    pub fn doublings(&self) -> Vec<String> {
        let rows = |fraction: f64| {
            let place = self.config.fractions.iter().position(|&other| other == fraction);
            place.map_or(0, |place| self.dataset.fraction_rows[place])
        };
        self.doublings.iter().map(|it| it.text(Some([rows(it.from_fraction), rows(it.fraction)]))).collect()
    }

    /// The runs.
    pub fn runs(&self) -> &[RunReport] {
        &self.runs
    }

    /// The findings of the comparisons.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The same in English.
    pub fn verdict(&self) -> &str {
        &self.verdict
    }
}
