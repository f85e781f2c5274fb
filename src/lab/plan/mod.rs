//! The plan of an experiment: from settings to jobs.
//!
//! A [`Job`] is pure data, seeded and independent of every other: some texts of Fisher information, one run of an arm, a
//! seed and a fraction, or some points of a loss surface. So any number of labs can share a plan, in any order, and the
//! numbers are the same.

mod cost;
mod file;
mod trajectory;

pub use file::PlanFile;
pub use trajectory::{PlanePlan, PlaneSettings, spread};

pub(in crate::lab) use cost::{Cost, Costs};

use crate::data::dataset::{Dataset, Example, Split, TokenCount};
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::choice::Setting;
use crate::lab::config::Config;
use crate::landscape::grid::{self, Settings, Strip, Subset};
use crate::landscape::loss::StepLength;
use crate::method::arms::{Arm, RateSources};
use crate::method::schedule::SiteRate;
use crate::models::pretrained::Pretrained;
use crate::models::site::Site;
use crate::training::train::Recipe;
use serde::{Deserialize, Serialize};

/// The most texts of one Fisher job: few enough that a pool of workers shares them evenly.
const TEXTS_PER_JOB: usize = 16;

/// One independent piece of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Fisher information of the texts from `from` to before `to`.
    Fisher {
        /// The job's name in the plan.
        id: String,
        /// The first text.
        from: usize,
        /// One past the last text.
        to: usize,
        /// Multiply-adds, roughly.
        work: f64,
    },
    /// One fine-tuning run.
    Run {
        /// The job's name in the plan.
        id: String,
        /// Which rates.
        arm: Arm,
        /// Which split, head, batch order and noise.
        seed: u32,
        /// Which share of the training part.
        fraction: f64,
        /// Optimisation steps.
        steps: usize,
        /// Multiply-adds, roughly.
        work: f64,
        /// The share of them that evaluations take.
        evaluation: f64,
    },
    /// One fine-tuning run of a search for an arm's own best setting, evaluated at its end on validation data.
    Trial {
        /// The job's name in the plan.
        id: String,
        /// Which rates.
        arm: Arm,
        /// Which split, head, batch order and noise.
        seed: u32,
        /// Which share of the training part.
        fraction: f64,
        /// The setting of the trial.
        setting: Setting,
        /// Optimisation steps.
        steps: usize,
        /// Multiply-adds, roughly.
        work: f64,
    },
    /// Some points of one row of a loss surface.
    Surface {
        /// The job's name in the plan.
        id: String,
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
        /// Multiply-adds, roughly.
        work: f64,
    },
    /// A run made once more, to see where it goes in the plane through its own end and another's.
    Path {
        /// The job's name in the plan.
        id: String,
        /// Which rates.
        arm: Arm,
        /// Which split, head, batch order and noise.
        seed: u32,
        /// Which share of the training part.
        fraction: f64,
        /// Optimisation steps.
        steps: usize,
        /// Multiply-adds, roughly.
        work: f64,
    },
    /// The task's loss at some points of that plane.
    Plane {
        /// The job's name in the plan.
        id: String,
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
        /// Multiply-adds, roughly.
        work: f64,
    },
}

impl Job {
    /// The job's name in the plan.
    pub fn id(&self) -> &str {
        match self {
            Job::Fisher { id, .. } | Job::Run { id, .. } | Job::Surface { id, .. } => id,
            Job::Trial { id, .. } | Job::Path { id, .. } | Job::Plane { id, .. } => id,
        }
    }

    /// Multiply-adds, roughly.
    pub fn work(&self) -> f64 {
        match self {
            Job::Fisher { work, .. } | Job::Run { work, .. } | Job::Surface { work, .. } => *work,
            Job::Trial { work, .. } | Job::Path { work, .. } | Job::Plane { work, .. } => *work,
        }
    }
}

/// Checks that a text can be as long as the settings allow.
///
/// # Errors
/// [`ErrorKind::Config`] if the model has fewer positions.
pub(crate) fn check_length(config: &Config, pretrained: &Pretrained) -> Result<()> {
    let most = pretrained.config.max_position_embeddings;
    if config.max_tokens <= most {
        return Ok(());
    }
    let expected = format!("at most {most}, the positions of {}", pretrained.name);
    Err(Error::new(ErrorKind::Config, Place::named("max_tokens"), expected, config.max_tokens.to_string()))
}

/// Checks that a run over `rows` rows changes its model: the first step of a warm-up has rate 0.
///
/// # Errors
/// [`ErrorKind::Config`] if no step has another rate.
pub(in crate::lab) fn check_rates(recipe: &Recipe, rows: usize) -> Result<()> {
    let steps = recipe.steps(rows);
    if (0..steps).any(|step| recipe.learning_rate_at(step, steps) > 0.0) {
        return Ok(());
    }
    let expected = "at least two steps a run, since the learning rate begins at 0: more epochs or a smaller batch_size";
    let got = format!("{steps}, of {rows} rows in batches of {}", recipe.batch_size);
    Err(Error::new(ErrorKind::Config, Place::named("epochs"), expected, got))
}

/// An experiment's jobs.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The checked settings.
    pub config: Config,
    /// Fisher first, then the runs, seed by seed, so that pairs are complete early.
    pub jobs: Vec<Job>,
    /// Rows of the training part of each split.
    pub train_rows: usize,
    /// Rows of the test part of each split.
    pub test_rows: usize,
    /// Rows that each of `config.fractions` trains on, in their order.
    pub fraction_rows: Vec<usize>,
}

impl Plan {
    /// The jobs of an experiment on a data set, with `texts` passages of prose at hand.
    ///
    /// # Errors
    /// A model without what Fisher needs, without a row for the second of two texts, or without the classifier that is to be kept, a text longer than the model's positions, rates of one's own for other sites than the
    /// model's, a data set that cannot be split, or runs of so few steps that warm-up is all that they are.
    pub fn new(config: Config, dataset: &Dataset, pretrained: &Pretrained, texts: usize) -> Result<Plan> {
        check_length(&config, pretrained)?;
        if dataset.layout.pair_column.is_some() {
            pretrained.check_pairs()?;
        }
        if config.keep_classifier {
            pretrained.kept_classifier(&dataset.labels)?;
        }
        if config.arms.contains(&Arm::Custom) {
            // Before Fisher information rather than after it; the rates beside them do not matter.
            let sites = Site::all(pretrained.config.num_hidden_layers);
            let guided: Vec<SiteRate> = sites.into_iter().map(|site| SiteRate { site, rate: 0.0 }).collect();
            let custom = config.custom_rates.as_deref();
            Arm::Custom.rates(RateSources { custom, ..RateSources::guided(&guided) }, 0)?;
        }
        let tokenizer = pretrained.tokenizer.cut_to(config.max_tokens)?;
        let mut jobs = Vec::new();
        if needs_fisher(&config) {
            jobs.extend(fisher_jobs(&config, pretrained, &tokenizer, texts)?);
        }
        let costs = Costs::new(dataset, pretrained, &tokenizer)?;
        let split = config.split(dataset, config.seeds[0])?;
        for &seed in &config.seeds {
            let split = config.split(dataset, seed)?;
            check_fractions(&config, dataset, &split)?;
            for &fraction in &config.fractions {
                let rows = split.fraction(dataset, fraction);
                for &arm in &config.arms {
                    let of_arm = config.of(arm, fraction);
                    check_rates(&of_arm.recipe(), rows.len())?;
                    let Cost { steps, work, evaluation } = costs.run(&of_arm, &rows, &split.test);
                    let id = format!("run/{arm}/{seed}/{fraction}");
                    jobs.push(Job::Run { id, arm, seed, fraction, steps, work, evaluation });
                }
            }
        }
        let fraction_rows = config.fractions.iter().map(|&it| split.fraction(dataset, it).len()).collect();
        Ok(Plan { config, jobs, train_rows: split.train.len(), test_rows: split.test.len(), fraction_rows })
    }
}

/// Three loss surfaces, and the loss at their centre.
#[derive(Debug, Clone, Serialize)]
pub struct SurfacePlan {
    /// The values of a and of b.
    pub axis: Vec<f64>,
    /// How many texts the loss is the mean over.
    pub texts: usize,
    /// Tensors and step length of each subset; none before the halves are known.
    pub strides: Option<StepLengths>,
    /// The centre first, then all points of the coarsest grids, and so on.
    pub jobs: Vec<Job>,
}

/// Tensors and step length of each of the three surfaces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StepLengths {
    /// Every tensor of embeddings and encoder.
    pub all: StepLength,
    /// The half with the highest mean Fisher information.
    pub top: StepLength,
    /// The half with the lowest.
    pub bottom: StepLength,
}

impl SurfacePlan {
    /// The jobs of the surfaces of a model with `texts` passages of prose at hand. `means` are names and mean Fisher
    /// information of its tensors; before they are known, the halves are empty, and the plan is good only for its size.
    ///
    /// # Errors
    /// Those of [`Settings::check`] and of [`Plan::new`] for Fisher information.
    pub fn new(
        config: &Config,
        settings: Settings,
        names: &[String],
        means: Option<&[(String, f64)]>,
        pretrained: &Pretrained,
        texts: usize,
    ) -> Result<SurfacePlan> {
        let settings = settings.check()?;
        check_prose(pretrained, &pretrained.tokenizer, texts)?;
        let texts = settings.texts.min(texts);
        let (top, bottom) = means.map(grid::halves).unwrap_or_default();
        let stride = |moved: &[String]| StepLength::new(&pretrained.checkpoint, names, moved, settings.norm);
        let strides = means.map(|_| StepLengths { all: stride(names), top: stride(&top), bottom: stride(&bottom) });
        let shape = &pretrained.config;
        let per_token = shape.multiply_adds_per_token() as f64 + 0.15 * (shape.vocab_size * shape.hidden_size) as f64;
        // Moving the weights reads and writes each of them a few times.
        let per_point = (texts * config.max_tokens) as f64 * per_token + 4.0 * pretrained.parameters as f64;
        let job = |subset: Subset, moved: &[String], name: String, Strip { level, row, columns }: Strip| Job::Surface {
            id: format!("surface/{name}"),
            settings,
            subset,
            moved: moved.to_vec(),
            level,
            row,
            work: per_point * columns.len() as f64,
            columns,
        };
        let mut jobs = vec![job(Subset::Centre, &[], "centre".into(), Strip { level: 0, row: 0, columns: vec![0] })];
        let parts = [(Subset::All, "all", names), (Subset::Top, "top", &top), (Subset::Bottom, "bottom", &bottom)];
        for strip in grid::strips(settings.points) {
            for (subset, name, moved) in parts {
                let name = format!("{name}/{}/{}", strip.level, strip.row);
                jobs.push(job(subset, moved, name, strip.clone()));
            }
        }
        Ok(SurfacePlan { axis: settings.axis(), texts, strides, jobs })
    }
}

/// Each fraction has rows of its own: two that are the same rows would be compared and corrected for as two.
fn check_fractions(config: &Config, dataset: &Dataset, split: &Split) -> Result<()> {
    let mut fractions = config.fractions.clone();
    fractions.sort_by(f64::total_cmp);
    for pair in fractions.windows(2) {
        let [fewer, more] = [pair[0], pair[1]].map(|fraction| split.fraction(dataset, fraction).len());
        if fewer == more && pair[0] != pair[1] {
            let got =
                format!("{} and {}, which both are the same {more} rows of {}", pair[0], pair[1], split.train.len());
            let expected = "fractions of different numbers of rows (at least one of each class stays)";
            return Err(Error::new(ErrorKind::Config, Place::named("fractions"), expected, got));
        }
    }
    Ok(())
}

/// Checks what Fisher information and surfaces need: an MLM head, `[MASK]`, and prose.
///
/// # Errors
/// [`ErrorKind::Weights`] without such a head, [`ErrorKind::Tokenizer`] without `[MASK]`, [`ErrorKind::Config`] without prose.
pub fn check_prose(pretrained: &Pretrained, tokenizer: &Tokenizer, texts: usize) -> Result<()> {
    if !pretrained.checkpoint.has_mlm_head() {
        let place = Place::named("model.safetensors").column("cls.predictions.transform.dense.weight");
        let expected = "a masked-language-model head, which Fisher information is defined by (eq. 3)";
        let got = format!("none in {}; arms without guided rates can still be compared", pretrained.name);
        return Err(Error::new(ErrorKind::Weights, place, expected, got));
    }
    tokenizer.vocabulary()?;
    if texts == 0 {
        let expected = "passages of plain text to estimate Fisher information from";
        return Err(Error::new(ErrorKind::Config, Place::named("prose"), expected, "none"));
    }
    Ok(())
}

fn fisher_jobs(config: &Config, pretrained: &Pretrained, tokenizer: &Tokenizer, texts: usize) -> Result<Vec<Job>> {
    check_prose(pretrained, tokenizer, texts)?;
    let texts = config.fisher_texts.min(texts);
    let shape = &pretrained.config;
    // Forward, and backward to the activations alone; the decoder at the masked 15 %.
    let per_token = 2.0 * shape.multiply_adds_per_token() as f64 + 0.3 * (shape.vocab_size * shape.hidden_size) as f64;
    let mut jobs = Vec::new();
    let count = texts.div_ceil(TEXTS_PER_JOB);
    for part in 0..count {
        let (from, to) = (part * texts / count, (part + 1) * texts / count);
        let work = (to - from) as f64 * per_token * config.max_tokens as f64;
        jobs.push(Job::Fisher { id: format!("fisher/{from}-{to}"), from, to, work });
    }
    Ok(jobs)
}

/// Whether any arm of the experiment is made of guided rates.
pub fn needs_fisher(config: &Config) -> bool {
    config.arms.iter().any(|arm| arm.needs_fisher())
}

/// Token counts of every example, special tokens included, as `tokenizer` cuts them.
///
/// # Errors
/// As [`Tokenizer::encode`].
pub fn lengths(dataset: &Dataset, tokenizer: &Tokenizer) -> Result<Vec<usize>> {
    Ok(token_counts(dataset, tokenizer)?.into_iter().map(|count| count.tokens).collect())
}

/// Tokens of each example, and how many of them the tokenizer does not know.
///
/// # Errors
/// As [`Tokenizer::encode`].
pub fn token_counts(dataset: &Dataset, tokenizer: &Tokenizer) -> Result<Vec<TokenCount>> {
    let count = |e: &Example| {
        let ids = tokenizer.encode(&e.text, e.pair.as_deref())?.ids;
        let unknown = ids.iter().filter(|id| Some(**id) == tokenizer.unknown_id()).count();
        Ok(TokenCount { tokens: ids.len(), unknown })
    };
    dataset.examples.iter().map(count).collect()
}
