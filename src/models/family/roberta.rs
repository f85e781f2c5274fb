//! RoBERTa (Liu et al. 2019), DistilRoBERTa and XLM-R: BERT's encoder, with positions that begin after the padding token's id.
//!
//! Hugging Face transformers v5.24, `models/roberta/modeling_roberta.py`.

use super::{Activation, CheckedOn, Head, HeadLayer, Layout, SitesFrom, nothing_to_complete};
use crate::data::masking::MASKED_SHARE;

pub(super) static LAYOUT: Layout = Layout {
    model_types: &["roberta", "xlm-roberta", "camembert"],
    config_keys: &[],
    complete: nothing_to_complete,
    switches: &[],
    activations: super::bert::LAYOUT.activations,
    classifier_class: "RobertaForSequenceClassification",
    base: "roberta",
    names: &[
        ("cls.predictions.transform.dense", "lm_head.dense"),
        ("cls.predictions.transform.LayerNorm", "lm_head.layer_norm"),
        ("cls.predictions.decoder.weight", "lm_head.decoder.weight"),
        ("cls.predictions.bias", "lm_head.decoder.bias"),
        ("cls.predictions.bias", "lm_head.bias"),
        ("pooler.dense", "classifier.dense"),
        ("classifier", "classifier.out_proj"),
    ],
    dropout: super::bert::LAYOUT.dropout,
    sites_from: SitesFrom::Counterparts,
    checked_on: CheckedOn::RandomWeights,
    head: Some(Head { activation: Activation::Tanh, dropout_before: true, dense: HeadLayer::OfClassifier }),
    special_tokens: &[
        ("pad_token", "<pad>"),
        ("unk_token", "<unk>"),
        ("cls_token", "<s>"),
        ("sep_token", "</s>"),
        ("mask_token", "<mask>"),
    ],
    masked_share: MASKED_SHARE,
    drops_probabilities_by_attribute: false,
    has_token_types: true,
    positions_follow_padding: true,
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
