//! The schema of settings, arms, metrics and files, as plain data for page, result link and command line.
//!
//! The page imports a copy, `www/platform/schema.js`; `tests/schema.rs` fails when the copy is stale and says how to make it anew.

use crate::analysis::metrics::FRACTION_METRICS;
use crate::data::class_weights::ClassWeights;
use crate::data::dataset::{MAXIMUM_BYTES, MAXIMUM_ROWS, Task};
use crate::lab::config::RawConfig;
use crate::lab::formats::{self, Format};
use crate::lab::metric::{Metric, metrics_of};
use crate::landscape::grid::Norm;
use crate::method::arms::Arm;
use crate::method::fisher::FisherLoss;
use crate::method::rates::STANDARD_RATE;
use crate::models::family::{CheckedOn, Family, SitesFrom};
use crate::settings::{self, Integer, Number};
use crate::training::recipe::LearningRateSchedule;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All that is exported.
#[derive(Debug, Serialize)]
pub struct Schema {
    /// Every setting, in the order of the form.
    pub settings: Vec<Setting>,
    /// Every arm, in the order in which the form offers them.
    pub arms: Vec<ArmEntry>,
    /// Every family of models.
    pub families: Vec<FamilyEntry>,
    /// Every metric, by task, its usual one first.
    pub metrics: Vec<MetricEntry>,
    /// The rate of the arm `standard`.
    pub standard_rate: f64,
    /// Bounds that are no setting's.
    pub limits: Limits,
    /// Names that settings had in earlier files and addresses, and those that they have now.
    pub former_names: BTreeMap<&'static str, &'static str>,
    /// Names and versions of the files that are written and read.
    pub formats: BTreeMap<&'static str, Format>,
}

/// One family.
#[derive(Debug, Serialize)]
pub struct FamilyEntry {
    /// Its values of `model_type`, its own first.
    pub model_types: &'static [&'static str],
    /// Dropout sites of a layer; the embeddings have one more.
    pub sites_per_layer: usize,
    /// Whether it predicts each next token.
    pub causal: bool,
    /// Where the table of which tensors precede which site comes from.
    pub sites_from: SitesFrom,
    /// What its computation was checked on.
    pub checked_on: CheckedOn,
}

impl FamilyEntry {
    fn of(family: Family) -> FamilyEntry {
        let layout = family.layout();
        FamilyEntry {
            model_types: layout.model_types,
            sites_per_layer: family.sites(1).len() - 1,
            causal: layout.is_causal,
            sites_from: layout.sites_from,
            checked_on: layout.checked_on,
        }
    }
}

/// One setting.
#[derive(Debug, Serialize)]
pub struct Setting {
    /// Its name in configurations and addresses.
    pub name: &'static str,
    /// Which object it is part of.
    pub part: Part,
    /// Its type and bounds.
    #[serde(flatten)]
    pub values: Values,
    /// Its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// The value where none is given.
    pub default: Value,
    /// The value that an address or a file of a version up to 0.2 left out, where that was another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_default: Option<Value>,
}

/// The object that a setting is part of.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// How a labelled file is read: [`crate::data::dataset::ReadOptions`].
    Reading,
    /// [`RawConfig`].
    Config,
    /// [`crate::landscape::grid::Settings`], without the prefix.
    Landscape,
}

/// The values that a setting can have.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Values {
    /// Any text.
    Text,
    /// A whole number.
    Integer {
        /// The smallest.
        minimum: usize,
        /// The largest.
        maximum: usize,
    },
    /// Any number.
    Number {
        /// The smallest.
        minimum: f64,
        /// The largest.
        maximum: f64,
    },
    /// Any number, or null.
    OptionalNumber {
        /// The smallest.
        minimum: f64,
        /// The largest.
        maximum: f64,
    },
    /// One of some words.
    Choice {
        /// The words.
        choices: Vec<Value>,
    },
    /// Distinct whole numbers.
    Seeds {
        /// How many at most.
        most: usize,
        /// The bounds of each.
        each: Bounds<usize>,
    },
    /// Distinct numbers.
    Fractions {
        /// How many at most.
        most: usize,
        /// The bounds of each.
        each: Bounds<f64>,
        /// Those that the form offers.
        choices: Vec<f64>,
    },
    /// True or false.
    Boolean,
    /// Distinct arms, by name; [`Schema::arms`] has them.
    Arms,
    /// A rate for each site, or null.
    Rates,
}

/// The bounds of a list's items.
#[derive(Debug, Serialize)]
pub struct Bounds<T> {
    /// The smallest.
    pub minimum: T,
    /// The largest.
    pub maximum: T,
}

/// One arm.
#[derive(Debug, Serialize)]
pub struct ArmEntry {
    /// Its name.
    pub name: Arm,
    /// Its number in result links.
    pub code: u8,
    /// Whether it is one of the verdict's controls.
    pub is_control: bool,
    /// Whether its rates are made of guided ones.
    pub needs_fisher: bool,
}

/// One metric.
#[derive(Debug, Serialize)]
pub struct MetricEntry {
    /// Its name in results.
    pub name: &'static str,
    /// Whose task it measures.
    pub task: Task,
    /// Whether it is a fraction, of which one point is a hundredth.
    pub is_fraction: bool,
}

/// Bounds that are no setting's.
#[derive(Debug, Serialize)]
pub struct Limits {
    /// Bytes of a file of texts.
    pub file_bytes: usize,
    /// The largest seed.
    pub seed: usize,
}

impl Schema {
    /// The schema of this version of the program.
    pub fn new() -> Schema {
        let metric = |task| {
            let entry = move |&name| MetricEntry { name, task, is_fraction: FRACTION_METRICS.contains(&name) };
            metrics_of(task).iter().map(entry)
        };
        let arm = |name: Arm| ArmEntry {
            name,
            code: name.code(),
            is_control: Arm::CONTROLS.contains(&name),
            needs_fisher: name.needs_fisher(),
        };
        Schema {
            settings: settings(),
            arms: Arm::ALL.into_iter().map(arm).collect(),
            families: Family::ALL.map(FamilyEntry::of).into(),
            metrics: metric(Task::Classification).chain(metric(Task::Regression)).collect(),
            standard_rate: STANDARD_RATE,
            limits: Limits { file_bytes: MAXIMUM_BYTES, seed: settings::LARGEST_SEED },
            former_names: settings::FORMER_NAMES.into(),
            formats: formats::ALL.into(),
        }
    }

    /// The page's copy, as a JavaScript module.
    ///
    /// # Panics
    /// Never: a schema is plain data.
    pub fn module(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("plain data");
        format!(
            "// Generated from src/settings.rs and src/lab/schema.rs by\n//   REGENERATE=1 cargo test --release --features cli --test schema\n\n\
             /** @type {{import(\"../pkg/guided_dropout_lab.js\").Schema}} */\nexport const SCHEMA = {json};\n"
        )
    }
}

impl Default for Schema {
    fn default() -> Schema {
        Schema::new()
    }
}

fn settings() -> Vec<Setting> {
    use Part::{Config, Landscape, Reading};
    let RawConfig { model, arms, seeds, fractions, .. } = RawConfig::default();
    let first = serde_json::to_value(RawConfig::first()).expect("settings are plain data");
    let setting = |part: Part, name: &'static str, values: Values, unit: Option<&'static str>, default: Value| {
        let first = matches!(part, Config).then(|| first[name].clone()).filter(|first| *first != default);
        Setting { name, part, values, unit, default, first_default: first }
    };
    let integer = |part: Part, Integer { name, unit, minimum, maximum, default }: Integer| {
        setting(part, name, Values::Integer { minimum, maximum }, Some(unit), json!(default))
    };
    let number = |part: Part, Number { name, unit, minimum, maximum, default }: Number| {
        setting(part, name, Values::Number { minimum, maximum }, Some(unit), json!(default))
    };
    let max_rows = Integer { name: "max_rows", unit: "rows, 0 for all", minimum: 0, maximum: MAXIMUM_ROWS, default: 0 };
    let seed_values =
        Values::Seeds { most: settings::MAXIMUM_SEEDS, each: Bounds { minimum: 0, maximum: settings::LARGEST_SEED } };
    let Number { name: fractions_name, unit: fraction_unit, minimum, maximum, .. } = settings::FRACTION;
    let choices = settings::FRACTION_CHOICES.to_vec();
    let fraction_values =
        Values::Fractions { most: settings::MAXIMUM_FRACTIONS, each: Bounds { minimum, maximum }, choices };
    let Number { name: tuned_name, unit: tuned_unit, minimum, maximum, .. } = settings::TUNED_RATE;
    let tuned_values = Values::OptionalNumber { minimum, maximum };
    let schedules = vec![json!(LearningRateSchedule::Linear), json!(LearningRateSchedule::Constant)];
    let losses = Values::Choice { choices: vec![json!(FisherLoss::Pretraining), json!(FisherLoss::Labelled)] };
    let weights = Values::Choice { choices: vec![json!(ClassWeights::None), json!(ClassWeights::Balanced)] };
    let norms = Values::Choice { choices: vec![json!(Norm::Tensor), json!(Norm::Total)] };
    vec![
        integer(Reading, max_rows),
        setting(Config, "model", Values::Text, None, json!(model)),
        integer(Config, settings::FISHER_TEXTS),
        integer(Config, settings::FISHER_SEED),
        setting(Config, "fisher_loss", losses, None, json!(FisherLoss::Pretraining)),
        number(Config, settings::P_UPPER),
        number(Config, settings::P_LOWER),
        setting(Config, "custom_rates", Values::Rates, None, Value::Null),
        setting(Config, tuned_name, tuned_values, Some(tuned_unit), Value::Null),
        setting(Config, "arms", Values::Arms, None, json!(arms)),
        setting(Config, "seeds", seed_values, Some("seed"), json!(seeds)),
        setting(Config, fractions_name, fraction_values, Some(fraction_unit), json!(fractions)),
        integer(Config, settings::EPOCHS),
        integer(Config, settings::EVALUATE_EVERY),
        number(Config, settings::LEARNING_RATE),
        integer(Config, settings::BATCH_SIZE),
        integer(Config, settings::MICRO_BATCH_SIZE),
        integer(Config, settings::MAX_TOKENS),
        number(Config, settings::TEST_FRACTION),
        integer(Config, settings::FOLDS),
        number(Config, settings::VALIDATION_FRACTION),
        setting(
            Config,
            "learning_rate_schedule",
            Values::Choice { choices: schedules },
            None,
            json!(LearningRateSchedule::Linear),
        ),
        number(Config, settings::WARMUP_FRACTION),
        number(Config, settings::WEIGHT_DECAY),
        number(Config, settings::CLIP_NORM),
        setting(Config, "class_weights", weights, None, json!(ClassWeights::None)),
        setting(
            Config,
            "metric",
            Values::Choice { choices: Metric::ALL.map(|metric| json!(metric)).into() },
            None,
            json!(Metric::Automatic),
        ),
        setting(Config, "keep_classifier", Values::Boolean, None, json!(false)),
        integer(Landscape, settings::SURFACE_POINTS),
        number(Landscape, settings::SURFACE_RANGE),
        integer(Landscape, settings::SURFACE_SEED),
        integer(Landscape, settings::SURFACE_TEXTS),
        setting(Landscape, "surface_norm", norms, None, json!(Norm::Tensor)),
    ]
}
