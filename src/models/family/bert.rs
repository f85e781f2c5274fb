//! BERT: the layout that the canonical names are taken from.
//!
//! Hugging Face transformers v5.24, `models/bert/modeling_bert.py`.

use super::{Activation, CheckedOn, Head, HeadLayer, Layout, SitesFrom, nothing_to_complete};
use crate::data::masking::MASKED_SHARE;
use crate::kernels::Gelu;

pub(super) static LAYOUT: Layout = Layout {
    model_types: &["bert"],
    config_keys: &[],
    complete: nothing_to_complete,
    switches: &[],
    // The second is the same function by Python's own operations.
    activations: &[("gelu", Gelu::Exact), ("gelu_python", Gelu::Exact)],
    classifier_class: "BertForSequenceClassification",
    base: "bert",
    // Newer files name the tied bias of the decoder so; older ones have the first name.
    names: &[
        ("cls.predictions.bias", "cls.predictions.decoder.bias"),
        ("cls.predictions.bias", "cls.predictions.bias"),
    ],
    dropout: [
        Some("embeddings.dropout"),
        Some("encoder.layer.K.attention.self.dropout"),
        Some("encoder.layer.K.attention.output.dropout"),
        Some("encoder.layer.K.output.dropout"),
    ],
    sites_from: SitesFrom::Paper,
    checked_on: CheckedOn::RealWeights,
    head: Some(Head { activation: Activation::Tanh, dropout_before: false, dense: HeadLayer::Pooler }),
    special_tokens: &[
        ("pad_token", "[PAD]"),
        ("unk_token", "[UNK]"),
        ("cls_token", "[CLS]"),
        ("sep_token", "[SEP]"),
        ("mask_token", "[MASK]"),
    ],
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
