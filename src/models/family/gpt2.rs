//! GPT-2 (Radford et al. 2019) and DistilGPT-2: a causal decoder with LayerNorm before each residual branch.
//!
//! Hugging Face transformers v5.24, `models/gpt2/modeling_gpt2.py`. The authors of the paper measure GPT-2's Fisher information by
//! its causal loss, but publish no table of which tensors precede which dropout. This one is the rule of the paper: the tensors
//! between the previous dropout and this one that the dropped activations are computed from.
//!
//! | site | dropout module | tensors before it |
//! |---|---|---|
//! | `embeddings` | `drop` | `wte`, `wpe` |
//! | `layer.k.attention.self` | `h.k.attn.attn_dropout` | `h.k.ln_1`, `h.k.attn.c_attn` |
//! | `layer.k.attention.output` | `h.k.attn.resid_dropout` | `h.k.attn.c_proj` |
//! | `layer.k.output` | `h.k.mlp.dropout` | `h.k.ln_2`, `h.k.mlp.c_fc`, `h.k.mlp.c_proj` |
//!
//! `c_fc` counts by that rule, where the authors leave out its counterpart in BERT. `ln_f` precedes no dropout.

use super::{CheckedOn, Layout, SitesFrom};
use crate::data::masking::MASKED_SHARE;
use crate::kernels::Gelu;
use serde_json::{Map, Value, json};

/// The token that ends a text. GPT-2 has no other special one: it stands for padding, and for a text of no token.
const END_OF_TEXT: &str = "<|endoftext|>";

pub(super) static LAYOUT: Layout = Layout {
    model_types: &["gpt2"],
    config_keys: &[
        ("n_embd", "hidden_size"),
        ("n_layer", "num_hidden_layers"),
        ("n_head", "num_attention_heads"),
        ("n_inner", "intermediate_size"),
        ("n_positions", "max_position_embeddings"),
        ("activation_function", "hidden_act"),
        ("layer_norm_epsilon", "layer_norm_eps"),
    ],
    complete,
    switches: &[
        ("scale_attn_weights", "true"),
        ("scale_attn_by_inverse_layer_idx", "false"),
        ("add_cross_attention", "false"),
    ],
    activations: &[("gelu_new", Gelu::Tanh), ("gelu_pytorch_tanh", Gelu::Tanh), ("gelu", Gelu::Exact)],
    classifier_class: "GPT2ForSequenceClassification",
    base: "transformer",
    names: &[
        ("embeddings.word_embeddings", "wte"),
        ("embeddings.position_embeddings", "wpe"),
        ("encoder.layer.K.attention.self.LayerNorm", "h.K.ln_1"),
        ("encoder.layer.K.attention.self.qkv", "h.K.attn.c_attn"),
        ("encoder.layer.K.attention.output.dense", "h.K.attn.c_proj"),
        ("encoder.layer.K.intermediate.LayerNorm", "h.K.ln_2"),
        ("encoder.layer.K.intermediate.dense", "h.K.mlp.c_fc"),
        ("encoder.layer.K.output.dense", "h.K.mlp.c_proj"),
        ("encoder.LayerNorm", "ln_f"),
        ("cls.predictions.decoder.weight", "lm_head.weight"),
        ("classifier", "score"),
    ],
    dropout: [Some("drop"), Some("h.K.attn.attn_dropout"), Some("h.K.attn.resid_dropout"), Some("h.K.mlp.dropout")],
    sites_from: SitesFrom::Rule,
    checked_on: CheckedOn::RandomWeights,
    head: None,
    special_tokens: &[
        ("pad_token", END_OF_TEXT),
        ("unk_token", END_OF_TEXT),
        ("bos_token", END_OF_TEXT),
        ("eos_token", END_OF_TEXT),
    ],
    masked_share: MASKED_SHARE,
    drops_probabilities_by_attribute: false,
    has_token_types: false,
    positions_follow_padding: false,
    is_causal: true,
    has_rotary_positions: false,
    normalises_embeddings: false,
    normalises_before: true,
    has_biases: true,
    fuses_projections: true,
    stores_inputs_first: true,
    scores_intermediate: true,
    is_gated: false,
};

/// The defaults of transformers' `GPT2Config`, whose `n_inner` is usually null.
fn complete(config: &mut Map<String, Value>) {
    let inner = config.get("hidden_size").and_then(Value::as_u64).map_or(Value::Null, |d| json!(d.saturating_mul(4)));
    for (key, value) in
        [("intermediate_size", inner), ("max_position_embeddings", json!(1024)), ("layer_norm_eps", json!(1e-5))]
    {
        if config.get(key).is_none_or(Value::is_null) {
            config.insert(key.to_string(), value);
        }
    }
}
