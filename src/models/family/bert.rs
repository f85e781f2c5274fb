//! BERT: the layout that the canonical names are taken from.
//!
//! Hugging Face transformers v5.24, `models/bert/modeling_bert.py`.

use super::{Activation, Head, Layout};

pub(super) static LAYOUT: Layout = Layout {
    model_types: &["bert"],
    config_keys: &[],
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
    head: Head { activation: Activation::Tanh, dropout_before: false, is_pretrained: true },
    special_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
    has_token_types: true,
    positions_follow_padding: false,
};
