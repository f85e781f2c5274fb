//! ELECTRA (Clark et al. 2020): BERT's encoder, with embeddings of their own width and a projection after their dropout.
//!
//! Hugging Face transformers v5.24, `models/electra/modeling_electra.py`. The generator has a masked-language-model head; the
//! discriminator has none, so its Fisher information needs another loss.

use super::{Activation, CheckedOn, Head, HeadLayer, Layout, SitesFrom, nothing_to_complete};
use crate::data::masking::MASKED_SHARE;

pub(super) static LAYOUT: Layout = Layout {
    model_types: &["electra"],
    config_keys: &[],
    complete: nothing_to_complete,
    switches: &[],
    activations: super::bert::LAYOUT.activations,
    classifier_class: "ElectraForSequenceClassification",
    base: "electra",
    names: &[
        ("cls.predictions.transform.dense", "generator_predictions.dense"),
        ("cls.predictions.transform.LayerNorm", "generator_predictions.LayerNorm"),
        ("cls.predictions.decoder.weight", "generator_lm_head.weight"),
        ("cls.predictions.bias", "generator_lm_head.bias"),
        ("pooler.dense", "classifier.dense"),
        ("classifier", "classifier.out_proj"),
    ],
    dropout: super::bert::LAYOUT.dropout,
    sites_from: SitesFrom::Counterparts,
    checked_on: CheckedOn::RandomWeights,
    head: Some(Head { activation: Activation::Gelu, dropout_before: true, dense: HeadLayer::OfClassifier }),
    special_tokens: super::bert::LAYOUT.special_tokens,
    masked_share: MASKED_SHARE,
    drops_probabilities_by_attribute: false,
    has_token_types: true,
    positions_follow_padding: false,
    is_causal: false,
    has_rotary_positions: false,
    normalises_embeddings: true,
    normalises_before: false,
    has_biases: true,
    fuses_projections: false,
    stores_inputs_first: false,
    scores_intermediate: false,
    is_gated: false,
};
