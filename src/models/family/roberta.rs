//! RoBERTa (Liu et al. 2019), DistilRoBERTa and XLM-R: BERT's encoder, with positions that begin after the padding token's id.
//!
//! Hugging Face transformers v5.24, `models/roberta/modeling_roberta.py`.

use super::{Activation, Head, Layout};

pub(super) static LAYOUT: Layout = Layout {
    model_types: &["roberta", "xlm-roberta", "camembert"],
    config_keys: &[],
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
    head: Head { activation: Activation::Tanh, dropout_before: true, is_pretrained: false },
    special_tokens: ["<pad>", "<unk>", "<s>", "</s>", "<mask>"],
    has_token_types: true,
    positions_follow_padding: true,
};
