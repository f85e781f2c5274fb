//! How a family differs from BERT: the table that everything else goes by.

use crate::kernels::Gelu;
use serde::Serialize;
use serde_json::{Map, Value};

/// How a family differs from BERT.
#[derive(Debug)]
pub struct Layout {
    /// Its values of `model_type` in `config.json`; the first is the family's own.
    pub model_types: &'static [&'static str],
    /// Keys of `config.json` that have another name than BERT's: (its, BERT's).
    pub config_keys: &'static [(&'static str, &'static str)],
    /// Fills in what its `config.json` may leave out, under BERT's keys.
    pub complete: fn(&mut Map<String, Value>),
    /// Switches of `config.json` that the lab holds in one position only: (key, position as JSON).
    pub switches: &'static [(&'static str, &'static str)],
    /// Its activations between the feed-forward layers, the default first.
    pub activations: &'static [(&'static str, Gelu)],
    /// Hugging Face's class for classification.
    pub classifier_class: &'static str,
    /// The attribute of that class that is the encoder, and the prefix of the encoder's tensors.
    pub base: &'static str,
    /// Tensors that have another name than BERT's, as (canonical, its) beginnings of names; `K` stands for a layer's number.
    pub names: &'static [(&'static str, &'static str)],
    /// Dropout modules within the encoder: embeddings, attention probabilities, attention output (not in every family),
    /// feed-forward output; `K` stands for a layer's number.
    pub dropout: [Option<&'static str>; 4],
    /// Where the table of which tensors precede which site comes from.
    pub sites_from: SitesFrom,
    /// What its computation was checked on, beside transformers.
    pub checked_on: CheckedOn,
    /// The classification head before its output layer; none where that reads the token itself, without bias and dropout.
    pub head: Option<Head>,
    /// Its special tokens, under the keys of `tokenizer_config.json`.
    pub special_tokens: &'static [(&'static str, &'static str)],
    /// The share of a text's tokens that it was trained to predict, where some are hidden.
    pub masked_share: f64,
    /// Whether the dropout of attention probabilities is an attribute of the attention module, and no module of its own. Its other
    /// dropout modules then exist only where `config.json` had rates above 0 before the model was built.
    pub drops_probabilities_by_attribute: bool,
    /// Whether embeddings of token types are added.
    pub has_token_types: bool,
    /// Whether positions begin after the padding token's id, as in fairseq, and not at 0.
    pub positions_follow_padding: bool,
    /// Whether a token sees only those before it. Then the loss predicts each next token, and the last token of a text, which has
    /// seen all others, is classified; else hidden tokens are predicted, and the first is classified.
    pub is_causal: bool,
    /// Whether positions turn queries and keys, and have no embeddings.
    pub has_rotary_positions: bool,
    /// Whether LayerNorm stands after the embeddings.
    pub normalises_embeddings: bool,
    /// Whether LayerNorm stands before each residual branch (and once at the end), and not after each residual sum. The first branch
    /// has none of its own where the embeddings' stands before it.
    pub normalises_before: bool,
    /// Whether linear layers and LayerNorms of the encoder and of the dense layer in its heads have biases.
    pub has_biases: bool,
    /// Whether one layer makes queries, keys and values.
    pub fuses_projections: bool,
    /// Whether its layers' weights are stored as `[in, out]` (transformers' `Conv1D`), and not as `[out, in]`.
    pub stores_inputs_first: bool,
    /// Whether the feed-forward's inner layer counts to the site after it.
    pub scores_intermediate: bool,
    /// Whether the feed-forward is gated: its inner layer makes values and gates, and its dropout stands on their product. The outer
    /// layer then counts to the next layer's first site.
    pub is_gated: bool,
}

/// Where a family's table of sites comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SitesFrom {
    /// The paper's authors publish it.
    Paper,
    /// Its modules correspond to BERT's one by one, so it is BERT's.
    Counterparts,
    /// Our own assignment, by the rule that the paper states; the family's file has the reason.
    Rule,
}

/// The weights on which a family's computation was compared with transformers'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckedOn {
    /// A published model's.
    RealWeights,
    /// Random ones.
    RandomWeights,
}

/// For families whose `config.json` says all that is needed.
pub(super) fn nothing_to_complete(_: &mut Map<String, Value>) {}

/// A dense layer on the token that is read, an activation, dropout, and the output layer.
#[derive(Debug)]
pub struct Head {
    /// After the dense layer.
    pub activation: Activation,
    /// Whether there is dropout before the dense layer, too.
    pub dropout_before: bool,
    /// Which dense layer it is.
    pub dense: HeadLayer,
}

/// The dense layer of a classification head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadLayer {
    /// BERT's pooler, a part of the pretrained encoder.
    Pooler,
    /// The classifier's own.
    OfClassifier,
    /// That of the masked-language-model head, with its LayerNorm: both tasks have one `head`, of which each model here has a copy.
    OfLanguageModel,
}

/// The activation of a classification head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// BERT, RoBERTa.
    Tanh,
    /// DistilBERT.
    Relu,
    /// ELECTRA and ModernBERT, by the error function.
    Gelu,
}

impl Layout {
    /// The share of a text's tokens that its language-model loss is of.
    pub fn predicted_share(&self) -> f64 {
        if self.is_causal { 1.0 } else { self.masked_share }
    }

    /// Whether the dense layer of the classification head belongs to the pretrained model.
    pub fn pools_pretrained(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.dense != HeadLayer::OfClassifier)
    }

    /// Whether LayerNorm stands before the attention of layer `k`.
    pub fn normalises_attention(&self, k: usize) -> bool {
        self.normalises_before && !(k == 0 && self.normalises_embeddings)
    }

    /// Whether the dense layer of the classification head is the language model's.
    pub fn shares_head(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.dense == HeadLayer::OfLanguageModel)
    }
}
