//! Runs experiment jobs step by step.
//!
//! A [`Lab`] holds what jobs share: a pretrained model, its tokenizer, labelled texts and plain prose. It does one
//! [`Job`] of a [`Plan`] at a time and is *pulled*: [`Lab::advance`] does so many steps and returns what happened. To
//! pause, stop pulling; to stop, start another job or drop the lab.

use crate::data::dataset::{Dataset, Finding, Split, Target, Task};
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use crate::lab::plan::{Job, Plan};
use crate::lab::results::RunReport;
use crate::landscape::loss::{self, GridRow, Landscape};
use crate::landscape::trajectory::Plane;
use crate::method::arms::{Arm, ArmRates, RateSources};
use crate::method::dropout::SiteNoise;
use crate::method::fisher::{Text, tensor_names};
use crate::method::schedule::SiteRate;
use crate::method::walkthrough::{self, Walk};
use crate::models::bert::Model;
use crate::models::pretrained::Pretrained;
use crate::models::site::Site;
use crate::training::train::{Examples, Run};
use burn::module::Module;
use burn::tensor::Device;
use jobs::fisher::ActiveFisher;
use jobs::landscape::{ActiveSurface, LandscapeKey};
use jobs::run::ActiveRun;
use jobs::trajectory::{ActivePath, ActivePlane};
use std::collections::BTreeMap;
use std::rc::Rc;

pub mod choice;
pub mod config;
mod event;
pub mod formats;
mod jobs;
pub mod plan;
pub mod results;
pub mod schema;
pub mod tune;

pub use event::Event;
pub use jobs::run::{Divergence, NotFinite};

/// Rows of one evaluation batch.
const EVALUATION_ROWS: usize = 32;

/// The shared inputs of all jobs, and the job in progress.
pub struct Lab {
    device: Device,
    dataset: Option<Dataset>,
    corpus: Vec<String>,
    pretrained: Option<Pretrained>,
    active: Option<Active>,
    finished: Option<Model>,
    /// The run that just ended, if more epochs can follow it.
    continuable: Option<Run>,
    /// Directions shared by the surface jobs of one plan: only the first of them draws them.
    landscape: Option<(LandscapeKey, Rc<Landscape>)>,
    plane: Option<Rc<Plane>>,
}

enum Active {
    Fisher(Box<ActiveFisher>),
    Run(Box<ActiveRun>),
    Surface(Box<ActiveSurface>),
    Path(Box<ActivePath>),
    Plane(Box<ActivePlane>),
}

impl Lab {
    /// An empty lab on a device.
    pub fn new(device: Device) -> Lab {
        Lab {
            device: device.autodiff(),
            dataset: None,
            corpus: Vec::new(),
            pretrained: None,
            active: None,
            finished: None,
            continuable: None,
            landscape: None,
            plane: None,
        }
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Takes a model from the bytes of its three files.
    ///
    /// # Errors
    /// Those of [`Pretrained::new`].
    pub fn load_model(&mut self, name: &str, config: &[u8], weights: &[u8], tokenizer: &[u8]) -> Result<&Pretrained> {
        let pretrained = Pretrained::new(name, config, weights, tokenizer, &self.plain_device())?;
        self.forget_jobs();
        self.landscape = None;
        self.plane = None;
        Ok(self.pretrained.insert(pretrained))
    }

    /// Takes the masked-language-model head that the loaded model lacks.
    ///
    /// # Errors
    /// As [`Pretrained::add_head`]; [`ErrorKind::Config`] before there is a model.
    pub fn add_head(&mut self, head: &[u8]) -> Result<()> {
        self.active = None;
        self.landscape = None;
        self.pretrained.as_mut().ok_or_else(|| missing("a model"))?.add_head(head)
    }

    /// Takes labelled texts.
    pub fn set_dataset(&mut self, dataset: Dataset) {
        self.active = None;
        self.dataset = Some(dataset);
    }

    /// Takes plain prose, one passage a line; empty lines do not count. Returns the number of passages.
    pub fn set_corpus(&mut self, text: &str) -> usize {
        self.landscape = None;
        self.corpus = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect();
        self.corpus.len()
    }

    /// The labelled texts.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] before there are any.
    pub fn dataset(&self) -> Result<&Dataset> {
        self.dataset.as_ref().ok_or_else(|| missing("a data set"))
    }

    /// The model.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] before there is one.
    pub fn pretrained(&self) -> Result<&Pretrained> {
        self.pretrained.as_ref().ok_or_else(|| missing("a model"))
    }

    /// How many tokens each labelled text or pair has, special tokens included, before anything is cut.
    ///
    /// # Errors
    /// Missing data or model, and those of [`Tokenizer::encode`].
    pub fn lengths(&self) -> Result<Vec<usize>> {
        plan::lengths(self.dataset()?, &self.pretrained()?.tokenizer)
    }

    /// Data-quality findings in the labelled texts and in their split by the first seed; with a model, also in their tokens.
    ///
    /// # Errors
    /// Missing data, and those of [`Dataset::split`] and [`Tokenizer::encode`].
    pub fn health(&self, config: &Config) -> Result<Vec<Finding>> {
        let dataset = self.dataset()?;
        let mut findings = dataset.health(&config.split(dataset, config.seeds[0])?);
        if let Some(model) = &self.pretrained {
            findings.extend(dataset.token_health(&plan::token_counts(dataset, &model.tokenizer)?, config.max_tokens));
        }
        Ok(findings)
    }

    /// The names of the tensors whose Fisher information a job reports, in its order.
    ///
    /// # Errors
    /// As [`Lab::pretrained`].
    pub fn tensor_names(&self) -> Result<Vec<String>> {
        Ok(tensor_names(&self.pretrained()?.config))
    }

    /// The jobs of an experiment on this lab's data.
    ///
    /// # Errors
    /// Missing data or model, columns that the reader has to choose, and those of [`Plan::new`].
    pub fn plan(&self, config: Config) -> Result<Plan> {
        self.dataset()?.check_columns()?;
        Plan::new(config, self.dataset()?, self.pretrained()?, self.corpus.len())
    }

    /// The noise of each arm at each site, and the guided rates whether or not they are an arm. Without
    /// Fisher scores the arms that need none.
    ///
    /// # Errors
    /// As [`Arm::rates`]; and an arm that needs guided rates without any.
    pub fn arms(&self, config: &Config, guided: Option<Vec<SiteRate>>) -> Result<BTreeMap<Arm, ArmRates>> {
        let mut names = config.arms.clone();
        let guided = match guided {
            Some(guided) => {
                names.push(Arm::Guided);
                guided
            }
            None if plan::needs_fisher(config) => return Err(missing("Fisher information")),
            // Only the sites matter to the arms that are left.
            None => {
                let sites = Site::all(self.pretrained()?.config.num_hidden_layers);
                sites.into_iter().map(|site| SiteRate { site, rate: 0.0 }).collect()
            }
        };
        let from = RateSources {
            guided: &guided,
            custom: config.custom_rates.as_deref(),
            tuned: config.of(Arm::Tuned, config.fractions[0]).tuned_rate,
        };
        let rates = |arm: Arm| Ok((arm, arm.rates(from, config.seeds[0])?));
        names.into_iter().map(rates).collect()
    }

    /// Begins a job; another one under way is dropped. A run needs its arm's rates; those of [`Arm::Shuffled`] are
    /// drawn anew for the job's seed, and that of [`Arm::Tuned`] is its setting's.
    ///
    /// # Errors
    /// Missing data, model or rates; a model without what the job needs; a place that its grid does not have.
    pub fn start(&mut self, config: &Config, job: &Job, arm: Option<&ArmRates>) -> Result<()> {
        self.forget_jobs();
        if !matches!(job, Job::Surface { .. }) {
            self.landscape = None;
        }
        let tokenizer = self.pretrained()?.tokenizer.cut_to(config.max_tokens)?;
        self.active = Some(match *job {
            Job::Fisher { from, to, .. } => {
                plan::check_prose(self.pretrained()?, &tokenizer, self.corpus.len())?;
                let to = to.min(self.corpus.len());
                let text = |index: usize| Ok(Text { index, encoding: tokenizer.encode(&self.corpus[index], None)? });
                let mut left = (from..to).map(text).collect::<Result<Vec<_>>>()?;
                // Texts of like length share a batch, so that little of it is padding.
                left.sort_by_key(|t| std::cmp::Reverse((t.encoding.ids.len(), t.index)));
                Active::Fisher(Box::new(ActiveFisher {
                    model: self.model(2, 0)?.no_grad(),
                    config: self.pretrained()?.config.clone(),
                    vocabulary: tokenizer.vocabulary()?,
                    seed: config.fisher_seed,
                    from,
                    to,
                    left,
                }))
            }
            Job::Run { arm: name, seed, fraction, .. } => {
                let (run, examples, test) = self.run(config, &tokenizer, (name, seed, fraction), arm)?;
                Active::Run(Box::new(ActiveRun::new(
                    run,
                    examples,
                    test,
                    config.evaluate_every,
                    RunReport::new(name, seed, fraction),
                )))
            }
            Job::Trial { arm: name, seed, fraction, setting, .. } => {
                let config = config.with(&setting);
                let rates = arm.ok_or_else(|| missing(&format!("the rates of arm {name}")))?;
                let (run, examples, validation) = self.trial(&config, &tokenizer, (name, seed, fraction), rates)?;
                let report = RunReport::new(name, seed, fraction);
                Active::Run(Box::new(ActiveRun::new(run, examples, validation, config.epochs, report)))
            }
            Job::Path { arm: name, seed, fraction, .. } => {
                let (run, examples, _) = self.run(config, &tokenizer, (name, seed, fraction), arm)?;
                Active::Path(Box::new(ActivePath { plane: self.plane()?, run, examples, step: 0 }))
            }
            Job::Plane { seed, fraction, rows, ref at, .. } => {
                let dataset = self.dataset()?;
                let split = config.split(dataset, seed)?;
                let parts = [split.fraction(dataset, fraction), split.test].map(|part| plan::spread(&part, rows));
                let examples = Rc::new(encode(dataset, &tokenizer)?);
                let left = at.iter().copied().enumerate().rev().collect();
                Active::Plane(Box::new(ActivePlane { plane: self.plane()?, examples, parts, left }))
            }
            Job::Surface { settings, ref moved, row, ref columns, .. } => {
                let settings = settings.check()?;
                plan::check_prose(self.pretrained()?, &tokenizer, self.corpus.len())?;
                let axis = settings.axis();
                if let Some(place) = columns.iter().chain([&row]).find(|place| **place >= axis.len()) {
                    let expected = format!("rows and columns below {}", axis.len());
                    return Err(Error::new(ErrorKind::Config, Place::named("job"), expected, place.to_string()));
                }
                let landscape = self.landscape(config, settings, &tokenizer)?;
                let (names, checkpoint) = (self.tensor_names()?, &self.pretrained()?.checkpoint);
                Active::Surface(Box::new(ActiveSurface {
                    landscape,
                    row: GridRow {
                        moved: moved.iter().cloned().collect(),
                        factor: loss::factor(checkpoint, &names, moved, settings.norm),
                        b: axis[row],
                    },
                    from: None,
                    left: columns.iter().rev().map(|&column| (column, axis[column])).collect(),
                }))
            }
        });
        Ok(())
    }

    fn forget_jobs(&mut self) {
        self.active = None;
        self.finished = None;
        self.continuable = None;
    }

    /// A run before its first step, the examples it learns from, and the rows it is tested on.
    fn run(
        &self,
        config: &Config,
        tokenizer: &Tokenizer,
        (name, seed, fraction): (Arm, u32, f64),
        arm: Option<&ArmRates>,
    ) -> Result<(Run, Examples, Vec<usize>)> {
        let rates = arm.ok_or_else(|| missing(&format!("the rates of arm {name}")))?;
        let (run, examples, split) =
            self.run_of(&config.of(name, fraction), tokenizer, (name, seed, fraction), rates)?;
        Ok((run, examples, split.test))
    }

    /// A run of a search before its first step, the examples it learns from, and the rows of the validation part that go with its fraction.
    fn trial(
        &self,
        config: &Config,
        tokenizer: &Tokenizer,
        (name, seed, fraction): (Arm, u32, f64),
        rates: &ArmRates,
    ) -> Result<(Run, Examples, Vec<usize>)> {
        let (run, examples, split) = self.run_of(config, tokenizer, (name, seed, fraction), rates)?;
        let validation = split.validation_fraction(self.dataset()?, fraction);
        if validation.is_empty() {
            let expected = "more than 0: settings are chosen on validation data";
            return Err(Error::new(ErrorKind::Config, Place::named("validation_fraction"), expected, "0"));
        }
        Ok((run, examples, validation))
    }

    /// With an arm's own settings.
    fn run_of(
        &self,
        config: &Config,
        tokenizer: &Tokenizer,
        (name, seed, fraction): (Arm, u32, f64),
        rates: &ArmRates,
    ) -> Result<(Run, Examples, Split)> {
        let sources = RateSources { tuned: config.tuned_rate, ..RateSources::guided(&rates.rates) };
        let rates = match name {
            Arm::Shuffled | Arm::Tuned => name.rates(sources, seed)?,
            _ => rates.clone(),
        };
        self.check_sites(&rates)?;
        let dataset = self.dataset()?;
        let examples = encode(dataset, tokenizer)?;
        let split = config.split(dataset, seed)?;
        let rows = split.fraction(dataset, fraction);
        let model = self.start_model(config, seed, &self.device)?;
        let run = Run::new(model, config.recipe(), SiteNoise::new(&rates), seed, rows, self.device.clone());
        Ok((run, examples, split))
    }

    fn check_sites(&self, rates: &ArmRates) -> Result<()> {
        let sites = Site::all(self.pretrained()?.config.num_hidden_layers);
        if let Some(odd) = sites.iter().find(|s| rates.rates.iter().all(|r| r.site != **s)) {
            let place = Place::named("rates").column(odd.to_string());
            return Err(Error::new(ErrorKind::Config, place, "a rate for each of the model's sites", "none"));
        }
        Ok(())
    }

    /// Does `units` batches of texts, optimisation steps, evaluation batches or points of a surface of the job under way, and returns what happened;
    /// nothing if there is no job. The last event of a job says that it is done, or that a run has diverged.
    ///
    /// # Errors
    /// [`ErrorKind::Diverged`] where Fisher information is not finite; [`ErrorKind::Device`]. Either ends the job.
    pub async fn advance(&mut self, units: usize) -> Result<Vec<Event>> {
        let Some(mut active) = self.active.take() else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        for _ in 0..units {
            let done = match &mut active {
                Active::Fisher(fisher) => fisher.advance(&self.device, &mut events).await?,
                Active::Run(run) => run.advance(&self.device, &mut events).await?,
                Active::Surface(surface) => surface.advance(&mut events).await?,
                Active::Path(path) => path.advance(&mut events).await?,
                Active::Plane(plane) => plane.advance(&self.plain_device(), &mut events).await?,
            };
            if done {
                if let Active::Run(run) = active {
                    let run = run.into_sound();
                    self.finished = run.as_ref().map(|run| run.model().clone());
                    self.continuable = run.filter(Run::is_extensible);
                }
                return Ok(events);
            }
        }
        if let Active::Run(run) = &mut active
            && run.read_losses(&mut events).await?
        {
            return Ok(events);
        }
        self.active = Some(active);
        Ok(events)
    }

    /// One text of the prose on its way to the scores, step by step. Leaves a job under way alone.
    ///
    /// # Errors
    /// A model without what Fisher needs, no such text, and those of [`walkthrough::walk`].
    pub async fn walk(&self, config: &Config, index: usize) -> Result<Walk> {
        let pretrained = self.pretrained()?;
        plan::check_length(config, pretrained)?;
        let tokenizer = pretrained.tokenizer.cut_to(config.max_tokens)?;
        plan::check_prose(pretrained, &tokenizer, self.corpus.len())?;
        let passage = self.corpus.get(index).ok_or_else(|| {
            let place = Place::named("prose").line(index as u64 + 1);
            Error::new(ErrorKind::Config, place, format!("one of {} passages", self.corpus.len()), "none")
        })?;
        let text = Text { index, encoding: tokenizer.encode(passage, None)? };
        let model = self.model(2, 0)?;
        walkthrough::walk(&model, &pretrained.config, &tokenizer, &text, config.fisher_seed, &self.device).await
    }

    /// The device for whatever needs no gradient. With autodiff, a model stays in the graph, 85 kB of it, until some backward pass.
    fn plain_device(&self) -> Device {
        self.device.clone().without_autodiff()
    }

    /// Where a run of a seed begins.
    fn start_model(&self, config: &Config, seed: u32, device: &Device) -> Result<Model> {
        let (dataset, pretrained) = (self.dataset()?, self.pretrained()?);
        if config.keep_classifier {
            return pretrained.model_with_classifier(&dataset.labels, seed, device);
        }
        pretrained.model(outputs(dataset), seed, device)
    }

    fn model(&self, outputs: usize, head_seed: u32) -> Result<Model> {
        self.pretrained()?.model(outputs, head_seed, &self.device)
    }
}

/// The data set as token ids and targets.
fn encode(dataset: &Dataset, tokenizer: &Tokenizer) -> Result<Examples> {
    let encodings =
        dataset.examples.iter().map(|e| tokenizer.encode(&e.text, e.pair.as_deref())).collect::<Result<_>>()?;
    let targets = dataset
        .examples
        .iter()
        .map(|e| match e.target {
            Target::Class(class) => class as f32,
            Target::Score(score) => score,
        })
        .collect();
    Ok(Examples { encodings, targets, task: dataset.task, outputs: outputs(dataset), pad_id: tokenizer.pad_id() })
}

/// One for each class, or one for a score.
fn outputs(dataset: &Dataset) -> usize {
    if dataset.task == Task::Classification { dataset.labels.len() } else { 1 }
}

fn missing(what: &str) -> Error {
    Error::new(ErrorKind::Config, Place::named("lab"), format!("{what} to be loaded first"), "none")
}
