//! Runs experiment jobs step by step.
//!
//! A [`Lab`] holds what jobs share: a pretrained model, its tokenizer, labelled texts and plain prose. It does one
//! [`Job`](plan::Job) of a [`Plan`] at a time and is *pulled*: [`Lab::advance`] does so many steps and returns what happened. To
//! pause, stop pulling; to stop, start another job or drop the lab.

use crate::data::dataset::{Dataset, Finding};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::kernels::Kernels;
use crate::lab::config::Config;
use crate::lab::plan::Plan;
use crate::landscape::loss::Landscape;
use crate::landscape::trajectory::Plane;
use crate::method::arms::Arm;
use crate::method::fisher::{Text, tensor_names};
use crate::method::rates::{ArmRates, RateSources};
use crate::method::schedule::SiteRate;
use crate::method::walkthrough::{self, Walk};
use crate::models::config::ModelConfig;
use crate::models::pretrained::Pretrained;
use crate::models::transformer::Model;
use crate::training::train::Run;
use burn::tensor::Device;
use jobs::{Active, LandscapeKey};
use std::collections::BTreeMap;
use std::rc::Rc;

pub mod card;
pub mod choice;
pub mod config;
mod event;
pub mod formats;
mod jobs;
mod labelling;
pub mod metric;
pub mod plan;
pub mod results;
pub mod schema;
pub mod tune;

pub use event::Event;
pub use jobs::{Divergence, NotFinite};
pub use labelling::{Labelled, Labelling, PIECE_BYTES};

/// Rows of one evaluation batch.
const EVALUATION_ROWS: usize = 32;

/// The shared inputs of all jobs, and the job in progress.
pub struct Lab {
    device: Device,
    kernels: Kernels,
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
    keeps_probabilities: bool,
}

impl Lab {
    /// An empty lab on a device.
    pub fn new(device: Device) -> Lab {
        Lab {
            kernels: Kernels::usual(&device),
            device: device.autodiff(),
            dataset: None,
            corpus: Vec::new(),
            pretrained: None,
            active: None,
            finished: None,
            continuable: None,
            landscape: None,
            plane: None,
            keeps_probabilities: false,
        }
    }

    /// Whether reports of the runs from now on have the probability of every label for every test example: of as many numbers as rows times labels.
    pub fn keep_probabilities(&mut self, keeps_probabilities: bool) {
        self.keeps_probabilities = keeps_probabilities;
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// What its models compute by, on a GPU.
    pub fn kernels(&self) -> Kernels {
        self.kernels
    }

    /// Computes by these from now on, and forgets a job under way. All give the same numbers but for rounding.
    pub fn set_kernels(&mut self, kernels: Kernels) {
        self.forget_jobs();
        self.landscape = None;
        self.plane = None;
        self.kernels = kernels;
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

    /// The passages of plain prose; none before there are any.
    pub fn corpus(&self) -> &[String] {
        &self.corpus
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
    /// Missing data or model, and those of [`Tokenizer::encode`](crate::data::tokenizer::Tokenizer::encode).
    pub fn lengths(&self) -> Result<Vec<usize>> {
        plan::lengths(self.dataset()?, &self.pretrained()?.tokenizer)
    }

    /// Data-quality findings in the labelled texts and in their split by the first seed; with a model, also in their tokens.
    ///
    /// # Errors
    /// Missing data, and those of [`Dataset::split`] and [`Tokenizer::encode`](crate::data::tokenizer::Tokenizer::encode).
    pub fn health(&self, config: &Config) -> Result<Vec<Finding>> {
        let dataset = self.dataset()?;
        let mut findings = dataset.health(&config.split(dataset, config.seeds[0])?);
        if let Some(model) = &self.pretrained {
            findings.extend(dataset.token_health(&plan::token_counts(dataset, &model.tokenizer)?, config.max_tokens));
        }
        Ok(findings)
    }

    /// The model's configuration.
    ///
    /// # Errors
    /// As [`Lab::pretrained`].
    pub fn model_config(&self) -> Result<&ModelConfig> {
        Ok(&self.pretrained()?.config)
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
                let sites = self.pretrained()?.config.sites();
                sites.into_iter().map(|site| SiteRate { site, rate: 0.0 }).collect()
            }
        };
        let from = RateSources {
            guided: &guided,
            custom: config.custom_rates.as_deref(),
            tuned: config.of(Arm::Tuned, config.fractions[0]).tuned_rate,
            shipped: self.pretrained()?.config.shipped,
        };
        let rates = |arm: Arm| Ok((arm, arm.rates(from, config.seeds[0])?));
        names.into_iter().map(rates).collect()
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

    fn model(&self, outputs: usize, head_seed: u32) -> Result<Model> {
        Ok(self.pretrained()?.model(outputs, head_seed, &self.device)?.by(self.kernels))
    }
}

fn missing(what: &str) -> Error {
    Error::new(ErrorKind::Config, Place::named("lab"), format!("{what} to be loaded first"), "none")
}
