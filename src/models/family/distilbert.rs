//! DistilBERT (Sanh et al. 2019): BERT without token types and pooler, and without dropout after the attention's output.
//!
//! Hugging Face transformers v5.24, `models/distilbert/modeling_distilbert.py`. `out_lin` and `sa_layer_norm` precede no
//! dropout of their own, as BERT's intermediate layer, so they belong to no site.

use super::{Activation, CheckedOn, Head, HeadLayer, Layout, SitesFrom, nothing_to_complete};
use crate::data::masking::MASKED_SHARE;

pub(super) static LAYOUT: Layout = Layout {
    model_types: &["distilbert"],
    config_keys: &[
        ("dim", "hidden_size"),
        ("n_layers", "num_hidden_layers"),
        ("n_heads", "num_attention_heads"),
        ("hidden_dim", "intermediate_size"),
        ("activation", "hidden_act"),
    ],
    complete: nothing_to_complete,
    switches: &[],
    activations: super::bert::LAYOUT.activations,
    classifier_class: "DistilBertForSequenceClassification",
    base: "distilbert",
    names: &[
        ("encoder.layer.K.attention.self.query", "transformer.layer.K.attention.q_lin"),
        ("encoder.layer.K.attention.self.key", "transformer.layer.K.attention.k_lin"),
        ("encoder.layer.K.attention.self.value", "transformer.layer.K.attention.v_lin"),
        ("encoder.layer.K.attention.output.dense", "transformer.layer.K.attention.out_lin"),
        ("encoder.layer.K.attention.output.LayerNorm", "transformer.layer.K.sa_layer_norm"),
        ("encoder.layer.K.intermediate.dense", "transformer.layer.K.ffn.lin1"),
        ("encoder.layer.K.output.dense", "transformer.layer.K.ffn.lin2"),
        ("encoder.layer.K.output.LayerNorm", "transformer.layer.K.output_layer_norm"),
        ("cls.predictions.transform.dense", "vocab_transform"),
        ("cls.predictions.transform.LayerNorm", "vocab_layer_norm"),
        ("cls.predictions.decoder.weight", "vocab_projector.weight"),
        ("cls.predictions.bias", "vocab_projector.bias"),
        ("pooler.dense", "pre_classifier"),
    ],
    dropout: [
        Some("embeddings.dropout"),
        Some("transformer.layer.K.attention.dropout"),
        None,
        Some("transformer.layer.K.ffn.dropout"),
    ],
    sites_from: SitesFrom::Counterparts,
    checked_on: CheckedOn::RandomWeights,
    head: Some(Head { activation: Activation::Relu, dropout_before: false, dense: HeadLayer::OfClassifier }),
    special_tokens: super::bert::LAYOUT.special_tokens,
    masked_share: MASKED_SHARE,
    drops_probabilities_by_attribute: false,
    has_token_types: false,
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
