//! Summaries of a data set and of a model for the page.

use crate::data::dataset::{Dataset, Example, Layout, Loss, Rejection, Task};
use crate::models::classifier::Classifier;
use crate::models::family::{Family, SitesFrom};
use crate::models::pretrained::Pretrained;
use crate::models::remark::Remark;
use crate::models::site::Site;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows of a data set that the page shows.
const PREVIEW_ROWS: usize = 50;

/// A data set as it was read: its first rows, and how many there are.
#[derive(Serialize)]
pub struct DatasetView<'a> {
    name: &'a str,
    layout: &'a Layout,
    task: Task,
    labels: &'a [String],
    class_counts: Vec<usize>,
    rows: usize,
    rejected: &'a [Rejection],
    /// Whether the file has a test part of its own.
    has_own_split: bool,
    losses: Vec<Loss>,
    preview: Vec<RowView<'a>>,
}

/// A row as it was read, with its label by name.
#[derive(Serialize)]
pub struct RowView<'a> {
    line: u64,
    text: &'a str,
    pair: Option<&'a str>,
    target: String,
}

impl<'a> DatasetView<'a> {
    pub fn of(dataset: &'a Dataset) -> DatasetView<'a> {
        let row = |example: &'a Example| RowView::of(dataset, example);
        DatasetView {
            name: &dataset.name,
            layout: &dataset.layout,
            task: dataset.task,
            labels: &dataset.labels,
            class_counts: dataset.class_counts(),
            rows: dataset.examples.len(),
            rejected: &dataset.rejected,
            has_own_split: dataset.has_own_split(),
            losses: dataset.losses(),
            preview: dataset.examples.iter().take(PREVIEW_ROWS).map(row).collect(),
        }
    }
}

impl<'a> RowView<'a> {
    pub fn of(dataset: &'a Dataset, example: &'a Example) -> RowView<'a> {
        let target = dataset.label_of(example);
        RowView { line: example.line, text: &example.text, pair: example.pair.as_deref(), target }
    }
}

/// A model as it was loaded: its sizes, its dropout sites, and what its file lacks or has too much.
#[derive(Serialize)]
pub struct ModelView<'a> {
    name: &'a str,
    parameters: usize,
    layers: usize,
    hidden: usize,
    heads: usize,
    vocabulary: usize,
    positions: usize,
    family: Family,
    classifier_class: &'static str,
    /// By their keys in `tokenizer_config.json`.
    special_tokens: BTreeMap<&'static str, &'static str>,
    /// What a batch's shorter rows are filled with.
    pad_id: u32,
    /// Whether it predicts each next token, and has no token to hide others with.
    causal: bool,
    sites_from: SitesFrom,
    multiply_adds_per_token: u64,
    sites: Vec<Site>,
    has_mlm_head: bool,
    missing: &'a [String],
    unused: &'a [String],
    remarks: &'a [Remark],
    /// The classes of the file's own classifier.
    classes: Option<&'a [String]>,
}

impl<'a> ModelView<'a> {
    pub fn of(model: &'a Pretrained) -> ModelView<'a> {
        ModelView {
            name: &model.name,
            parameters: model.parameters,
            layers: model.config.num_hidden_layers,
            hidden: model.config.hidden_size,
            heads: model.config.num_attention_heads,
            vocabulary: model.config.vocab_size,
            positions: model.config.max_tokens(),
            family: model.config.family,
            classifier_class: model.config.family.layout().classifier_class,
            special_tokens: model.config.family.layout().special_tokens.iter().copied().collect(),
            pad_id: model.tokenizer.pad_id(),
            causal: model.config.family.layout().is_causal,
            sites_from: model.config.family.layout().sites_from,
            multiply_adds_per_token: model.config.multiply_adds_per_token(),
            sites: model.config.sites(),
            has_mlm_head: model.checkpoint.has_lm_head(),
            missing: &model.drawn,
            unused: &model.unused,
            remarks: &model.remarks,
            classes: model.classifier.as_ref().map(Classifier::labels),
        }
    }
}
