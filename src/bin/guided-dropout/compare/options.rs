//! The options of `compare`, merged with those of a plan file.

use super::corrections::Corrections;
use crate::setting::by_name;
use crate::{Failure, files, model_folder};
use clap::ValueEnum;
use guided_dropout_lab::data::class_weights::ClassWeights;
use guided_dropout_lab::data::dataset::{Portion, ReadOptions, Sampling, Task};
use guided_dropout_lab::device::DeviceKind;
use guided_dropout_lab::lab::config::RawConfig;
use guided_dropout_lab::lab::metric::Metric;
use guided_dropout_lab::lab::plan::PlanFile;
use guided_dropout_lab::lab::tune::TuneGrid;
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher::FisherLoss;
use guided_dropout_lab::settings::MAXIMUM_SEEDS;
use guided_dropout_lab::training::recipe::LearningRateSchedule;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Compare dropout arms on a labelled CSV, TSV, JSON or JSON Lines file
///
/// Jobs are spread over all cores and give the same numbers as in the page, whatever the number of threads. Finished jobs are
/// kept beside the output, in OUT.journal; the same command run again resumes from there.
#[derive(clap::Args)]
pub struct Arguments {
    /// The labelled file
    pub file: PathBuf,
    /// A labelled file to test on, instead of a part of FILE
    #[arg(long, value_name = "FILE")]
    pub test_file: Option<PathBuf>,
    /// A labelled file to choose settings on, instead of a part of FILE
    #[arg(long, value_name = "FILE")]
    pub validation_file: Option<PathBuf>,
    /// Where results go
    #[arg(long, value_name = "FILE", default_value = "results.json")]
    pub out: PathBuf,
    /// Folder with config.json, model.safetensors (or its shards), and tokenizer.json or vocab.txt
    #[arg(long, value_name = "DIR", default_value = model_folder::BUILT_IN)]
    pub model: PathBuf,
    /// A masked-language-model head (safetensors), for a model that has none
    #[arg(long, value_name = "FILE")]
    pub head: Option<PathBuf>,
    /// Plain text for Fisher information, a passage a line
    #[arg(long, value_name = "FILE", default_value = "www/data/samples/prose.txt")]
    pub prose: PathBuf,
    /// Settings of an earlier experiment: a results.json, the experiment.json of a zip that the page exported, or the "config" of
    /// either; options given here override them
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Compare even if a file differs from the one that the plan was made with
    #[arg(long, requires = "plan")]
    pub allow_other_files: bool,
    #[command(flatten)]
    pub labels: Corrections,
    /// Write what each run predicts for its test rows to this file, as JSON Lines with the probability of every label
    #[arg(long, value_name = "FILE")]
    pub probabilities: Option<PathBuf>,
    /// Write the plan with its data, splits and baselines to this file and compare nothing: `cluster/` runs it
    #[arg(long, value_name = "FILE", conflicts_with = "tune")]
    pub export: Option<PathBuf>,
    /// Save each arm's model of the first seed, with a model card, in folders of OUT.models: for `predict` and `export`
    #[arg(long, conflicts_with = "export")]
    pub save_models: bool,
    /// Search each arm's own best setting first, on validation data: learning rates times lengths, as many for every arm
    #[arg(long)]
    pub tune: bool,
    /// Learning rates to search, separated by commas
    #[arg(long, value_name = "A,B,…", requires = "tune", value_parser = List::<f64>::of_numbers)]
    tune_learning_rates: Option<List<f64>>,
    /// Lengths to search, in epochs, separated by commas
    #[arg(long, value_name = "A,B,…", requires = "tune", value_parser = List::<usize>::of_numbers)]
    tune_epochs: Option<List<usize>>,
    /// Seeds of the search, which no run of the comparison may have, separated by commas
    #[arg(long, value_name = "A,B,…", requires = "tune", value_parser = List::<u32>::of_numbers)]
    tune_seeds: Option<List<u32>>,
    /// Fraction of the training part to choose settings on
    #[arg(long, value_name = "X")]
    validation_fraction: Option<f64>,
    /// Folds of a cross-validation, of which each seed tests one: seeds 1 to N test every row; 0 for test parts drawn by seed
    #[arg(long, value_name = "N")]
    folds: Option<usize>,
    /// The one rate of the arm tuned, where it is not searched for
    #[arg(long, value_name = "X")]
    tuned_rate: Option<f64>,
    /// Epochs from one evaluation to the next; after the last there always is one
    #[arg(long, value_name = "N")]
    evaluate_every: Option<usize>,
    /// What verdict and search are about: accuracy, macro_f1 or matthews, for scores pearson or spearman; the first if not given
    #[arg(long, value_name = "NAME", value_parser = by_name::<Metric>)]
    metric: Option<Metric>,
    /// Weight of a row in the loss: none, or balanced, inversely to the rows of its class
    #[arg(long, value_name = "NAME", value_parser = by_name::<ClassWeights>)]
    class_weights: Option<ClassWeights>,
    /// Begin with the classifier that the checkpoint was fine-tuned with, where its classes are the file's labels
    #[arg(long)]
    keep_classifier: bool,
    /// After warm-up: linear (to 0) or constant
    #[arg(long, value_name = "NAME", value_parser = by_name::<LearningRateSchedule>)]
    learning_rate_schedule: Option<LearningRateSchedule>,
    #[arg(long, help = arms_help(), value_name = "A,B,…", value_parser = List::<Arm>::of_names)]
    arms: Option<List<Arm>>,
    /// A number of seeds, or the seeds themselves followed by a comma
    #[arg(long, value_name = "N|A,B,…", value_parser = seeds)]
    seeds: Option<List<u32>>,
    /// Fractions of the training part, separated by commas
    #[arg(long, value_name = "A,B,…", value_parser = List::<f64>::of_numbers)]
    fractions: Option<List<f64>>,
    /// Passes over the training part
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Peak learning rate
    #[arg(long, value_name = "X")]
    learning_rate: Option<f64>,
    /// Texts a step
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// Texts of a step that are computed together, at most: less memory, the same numbers but for rounding
    #[arg(long, value_name = "N")]
    micro_batch_size: Option<usize>,
    /// Maximum length in tokens
    #[arg(long, value_name = "N")]
    max_tokens: Option<usize>,
    /// Passages that Fisher information is estimated from
    #[arg(long, value_name = "N")]
    fisher_texts: Option<usize>,
    /// Loss that Fisher information is of: pretraining (masked tokens of --prose) or labelled (labels of rows that every seed trains on)
    #[arg(long, value_name = "NAME", value_parser = by_name::<FisherLoss>)]
    fisher_loss: Option<FisherLoss>,
    /// Highest guided rate
    #[arg(long, value_name = "X")]
    p_upper: Option<f64>,
    /// Lowest guided rate
    #[arg(long, value_name = "X")]
    p_lower: Option<f64>,
    /// Column of texts
    #[arg(long, value_name = "NAME")]
    text_column: Option<String>,
    /// Column of second texts
    #[arg(long, value_name = "NAME")]
    pair_column: Option<String>,
    /// Column of labels or scores
    #[arg(long, value_name = "NAME")]
    label_column: Option<String>,
    /// Use at most this many rows; 0 is all
    #[arg(long, value_name = "N")]
    max_rows: Option<usize>,
    /// Which rows --max-rows takes; of each label its share if not given
    #[arg(long)]
    sample: Option<SampleName>,
    /// The delimiter of a delimited file; guessed if not given
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<char>,
    /// The task; guessed from the labels if not given
    #[arg(long)]
    task: Option<TaskName>,
    /// webgpu needs a build with the feature gpu
    #[arg(long, default_value = "cpu")]
    device: DeviceName,
    /// Threads; all cores if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

#[derive(Clone, Copy, ValueEnum)]
enum TaskName {
    Classification,
    Regression,
}

#[derive(Clone, Copy, ValueEnum)]
enum SampleName {
    Stratified,
    First,
}

#[derive(Clone, Copy, ValueEnum)]
enum DeviceName {
    Cpu,
    Webgpu,
}

/// Values separated by commas.
#[derive(Clone)]
struct List<T>(Vec<T>);

impl<T> List<T> {
    fn parse(values: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<List<T>, String> {
        let values = values.split(',').map(str::trim).filter(|v| !v.is_empty());
        let list = values.map(parse).collect::<Result<Vec<T>, String>>()?;
        if list.is_empty() { Err("expected at least one value".into()) } else { Ok(List(list)) }
    }
}

impl<T: DeserializeOwned> List<T> {
    fn of_names(values: &str) -> Result<List<T>, String> {
        List::parse(values, by_name)
    }
}

impl<T: FromStr<Err: ToString>> List<T> {
    fn of_numbers(values: &str) -> Result<List<T>, String> {
        List::parse(values, |v| v.parse().map_err(|error: T::Err| format!("{v:?}: {}", error.to_string())))
    }
}

fn arms_help() -> String {
    format!("Arms, separated by commas: {}", Arm::ALL.map(Arm::name).join(" "))
}

fn seeds(value: &str) -> Result<List<u32>, String> {
    if value.contains(',') {
        return List::of_numbers(value);
    }
    let count: u32 = value.parse().map_err(|error: std::num::ParseIntError| error.to_string())?;
    // One more than are allowed is refused as any greater number is, and takes no memory.
    Ok(List((1..=count).take(MAXIMUM_SEEDS + 1).collect()))
}

/// Of the training part, where settings are searched and nothing else is said.
const SEARCHED: f64 = 0.2;

/// The merged options of command line and plan file.
pub struct Request {
    /// Settings, not yet checked.
    pub config: RawConfig,
    /// How the labelled file is read.
    pub reading: ReadOptions,
    /// The plan file, if there is one.
    pub plan: Option<PlanFile>,
}

impl Request {
    /// The settings and reading options in which this differs from the plan, but for the names of files.
    pub fn overridden(&self, plan: &PlanFile) -> Result<Vec<String>, Failure> {
        let of = |config: &RawConfig, reading: &ReadOptions| -> Result<_, Failure> {
            let mut both = serde_json::to_value(reading)?;
            let config = serde_json::to_value(config)?;
            let all = both.as_object_mut().ok_or("reading options are no object")?;
            all.extend(config.as_object().cloned().ok_or("settings are no object")?);
            all.retain(|key, _| key != "name" && key != "model");
            Ok(both)
        };
        let planned = plan.inputs.as_ref().map_or_else(|| self.reading.clone(), |it| it.dataset.options.clone());
        let (here, there) = (of(&self.config, &self.reading)?, of(&plan.config, &planned)?);
        let keys = here.as_object().into_iter().flat_map(|map| map.keys());
        Ok(keys.filter(|key| here[*key] != there[*key]).cloned().collect())
    }
}

impl Arguments {
    /// # Errors
    /// A plan file that cannot be read, or is none.
    pub fn request(&self) -> Result<Request, Failure> {
        let plan = self.plan.as_deref().map(|path| {
            PlanFile::read(&files::read("--plan", path)?)
                .map_err(|error| Failure::from(format!("--plan {}: {error}", path.display())))
        });
        let plan = plan.transpose()?;
        let (mut config, mut reading) = match &plan {
            Some(plan) => {
                let reading = plan.inputs.as_ref().map(|inputs| inputs.dataset.options.clone());
                (plan.config.clone(), reading.unwrap_or_default())
            }
            None => (RawConfig::default(), ReadOptions::default()),
        };
        self.override_config(&mut config);
        self.override_reading(&mut reading);
        self.labels.apply(&mut reading)?;
        Ok(Request { config, reading, plan })
    }

    fn override_config(&self, config: &mut RawConfig) {
        fn set<T: Clone>(setting: &mut T, given: Option<&T>) {
            if let Some(given) = given {
                setting.clone_from(given);
            }
        }
        set(&mut config.arms, self.arms.as_ref().map(|list| &list.0));
        set(&mut config.seeds, self.seeds.as_ref().map(|list| &list.0));
        set(&mut config.fractions, self.fractions.as_ref().map(|list| &list.0));
        set(&mut config.epochs, self.epochs.as_ref());
        set(&mut config.learning_rate, self.learning_rate.as_ref());
        set(&mut config.batch_size, self.batch_size.as_ref());
        set(&mut config.micro_batch_size, self.micro_batch_size.as_ref());
        set(&mut config.max_tokens, self.max_tokens.as_ref());
        set(&mut config.fisher_texts, self.fisher_texts.as_ref());
        set(&mut config.p_upper, self.p_upper.as_ref());
        set(&mut config.p_lower, self.p_lower.as_ref());
        set(&mut config.folds, self.folds.as_ref());
        set(&mut config.validation_fraction, self.validation_fraction.as_ref());
        set(&mut config.evaluate_every, self.evaluate_every.as_ref());
        set(&mut config.metric, self.metric.as_ref());
        set(&mut config.class_weights, self.class_weights.as_ref());
        config.keep_classifier |= self.keep_classifier;
        set(&mut config.fisher_loss, self.fisher_loss.as_ref());
        if self.tuned_rate.is_some() {
            config.tuned_rate = self.tuned_rate;
        }
        set(&mut config.learning_rate_schedule, self.learning_rate_schedule.as_ref());
        if self.tune && config.validation_fraction == 0.0 {
            config.validation_fraction = SEARCHED;
        }
        config.model = files::name(&self.model);
    }

    fn override_reading(&self, reading: &mut ReadOptions) {
        fn set<T: Clone>(setting: &mut Option<T>, given: Option<&T>) {
            if given.is_some() {
                *setting = given.cloned();
            }
        }
        set(&mut reading.text_column, self.text_column.as_ref());
        set(&mut reading.pair_column, self.pair_column.as_ref());
        set(&mut reading.label_column, self.label_column.as_ref());
        set(&mut reading.max_rows, self.max_rows.as_ref());
        reading.max_rows = reading.max_rows.filter(|&rows| rows > 0); // 0 is all, as in the page
        set(&mut reading.delimiter, self.delimiter.as_ref());
        if let Some(sample) = self.sample {
            reading.sample = match sample {
                SampleName::Stratified => Sampling::Stratified,
                SampleName::First => Sampling::First,
            };
        }
        let task = self.task.map(|task| match task {
            TaskName::Classification => Task::Classification,
            TaskName::Regression => Task::Regression,
        });
        set(&mut reading.task, task.as_ref());
        reading.name = files::name(&self.file);
    }

    /// The labelled files beside FILE: the option that names each, its path, and what its rows are for.
    pub fn other_files(&self) -> impl Iterator<Item = (&'static str, &Path, Portion)> {
        let validation = self.validation_file.as_deref().map(|path| ("--validation-file", path, Portion::Validation));
        let test = self.test_file.as_deref().map(|path| ("--test-file", path, Portion::Test));
        validation.into_iter().chain(test)
    }

    /// The search space, with `--tune`.
    pub fn grid(&self) -> TuneGrid {
        let default = TuneGrid::default();
        TuneGrid {
            learning_rates: self.tune_learning_rates.as_ref().map_or(default.learning_rates, |list| list.0.clone()),
            epochs: self.tune_epochs.as_ref().map_or(default.epochs, |list| list.0.clone()),
            seeds: self.tune_seeds.as_ref().map_or(default.seeds, |list| list.0.clone()),
            rates: default.rates,
        }
    }

    /// Where the work is done.
    pub fn device(&self) -> DeviceKind {
        match self.device {
            DeviceName::Cpu => DeviceKind::Cpu,
            DeviceName::Webgpu => DeviceKind::WebGpu,
        }
    }

    /// How many threads share it.
    pub fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, |n| n.get());
        self.threads.map_or_else(cores, usize::from)
    }
}
