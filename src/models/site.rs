//! Dropout sites: the dropout layers of an encoder, named as in Hugging Face's BERT and never numbered.
//!
//! The names are the same in every family; the family gives its own module's name.

use crate::error::{Error, ErrorKind, Place, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// One dropout layer of an encoder or of its classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Site {
    /// After the sum of the embeddings and its LayerNorm.
    Embeddings,
    /// On layer k's attention probabilities, after the softmax.
    AttentionSelf(usize),
    /// On layer k's attention output projection, before the residual sum.
    AttentionOutput(usize),
    /// On layer k's feed-forward output, before the residual sum.
    Output(usize),
    /// Before the classifier's output layer. Not a site of the method: it keeps the standard rate in every arm.
    Classifier,
    /// Before the classifier's dense layer, in the families that have dropout there. Not a site of the method either.
    ClassifierInput,
}

impl Site {
    /// The 3·L + 1 sites of a BERT of L layers, in data-flow order.
    pub fn all(layers: usize) -> Vec<Site> {
        let layer = |k| [Site::AttentionSelf(k), Site::AttentionOutput(k), Site::Output(k)];
        std::iter::once(Site::Embeddings).chain((0..layers).flat_map(layer)).collect()
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Site::Embeddings => f.write_str("embeddings"),
            Site::AttentionSelf(k) => write!(f, "layer.{k}.attention.self"),
            Site::AttentionOutput(k) => write!(f, "layer.{k}.attention.output"),
            Site::Output(k) => write!(f, "layer.{k}.output"),
            Site::Classifier => f.write_str("classifier"),
            Site::ClassifierInput => f.write_str("classifier_input"),
        }
    }
}

impl FromStr for Site {
    type Err = Error;

    fn from_str(name: &str) -> Result<Site> {
        let parse = || match name {
            "embeddings" => Some(Site::Embeddings),
            "classifier" => Some(Site::Classifier),
            _ => {
                let (k, part) = name.strip_prefix("layer.")?.split_once('.')?;
                let k = k.parse().ok()?;
                match part {
                    "attention.self" => Some(Site::AttentionSelf(k)),
                    "attention.output" => Some(Site::AttentionOutput(k)),
                    "output" => Some(Site::Output(k)),
                    _ => None,
                }
            }
        };
        parse().ok_or_else(|| {
            let expected = "embeddings, layer.K.attention.self, layer.K.attention.output or layer.K.output";
            Error::new(ErrorKind::Config, Place::named("site"), expected, format!("{name:?}"))
        })
    }
}

impl Serialize for Site {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Site {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Site, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
