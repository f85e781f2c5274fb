//! Remarks about a checkpoint: unused tensors, other layers, a classifier. None is an error; each is reported.

use crate::models::checkpoint::{encoder_shapes, lm_head_shapes};
use crate::models::config::ModelConfig;
use serde::Serialize;
use std::collections::HashSet;

/// Tensors named in a remark, at most.
const NAMED: usize = 5;
/// Ends of names of tensors that are no parameters: 0, 1, 2, …; and GPT-2's causal mask, and what it fills in.
const BUFFERS: [&str; 3] = ["position_ids", ".attn.bias", ".attn.masked_bias"];

/// A remark about a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Remark {
    /// All names share a prefix, which was removed.
    Prefix {
        /// The prefix.
        prefix: String,
    },
    /// There is a classifier, which is not used: each run's head is drawn by its seed.
    Classifier {
        /// Its classes.
        classes: usize,
    },
    /// There are more layers in the file than `config.json` says, and the first are used.
    MoreLayers {
        /// Layers in the file.
        file: usize,
        /// Layers used.
        used: usize,
    },
    /// `config.json` says that it is a decoder; here each token sees the tokens after it, too.
    Decoder,
    /// Tensors that this lab has no place for.
    Unused {
        /// How many.
        count: usize,
        /// The first of their names.
        names: Vec<String>,
    },
}

/// The remarks about a checkpoint with these tensor names and a classifier of so many classes.
pub fn remarks<'a>(
    config: &ModelConfig,
    prefix: &str,
    classes: Option<usize>,
    names: impl Iterator<Item = &'a str>,
) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if !prefix.is_empty() {
        remarks.push(Remark::Prefix { prefix: prefix.to_string() });
    }
    if config.is_decoder && !config.family.layout().is_causal {
        remarks.push(Remark::Decoder);
    }
    remarks.extend(classes.map(|classes| Remark::Classifier { classes }));
    let known: HashSet<String> =
        encoder_shapes(config).into_iter().chain(lm_head_shapes(config)).map(|(name, _)| name).collect();
    let (mut layers, mut unused) = (0, Vec::new());
    for name in names {
        let layer = name.strip_prefix("encoder.layer.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        layers = layers.max(layer.map_or(0, |layer| layer + 1));
        let has_place = known.contains(name)
            || ["pooler.dense.", "classifier.", "cls.predictions.decoder."].iter().any(|it| name.starts_with(it))
            || BUFFERS.iter().any(|buffer| name.ends_with(buffer))
            || layer.is_some_and(|layer| layer >= config.num_hidden_layers);
        if !has_place {
            unused.push(config.family.bare(name));
        }
    }
    if layers > config.num_hidden_layers {
        remarks.push(Remark::MoreLayers { file: layers, used: config.num_hidden_layers });
    }
    if !unused.is_empty() {
        let count = unused.len();
        unused.truncate(NAMED);
        remarks.push(Remark::Unused { count, names: unused });
    }
    remarks
}
