//! The whole encoder of every family, its masked-language-model head and its classification head, in the order data flows.
//!
//! A BERT-family encoder (Devlin et al. 2018) as in Hugging Face transformers' `modeling_bert.py`: post-LayerNorm
//! residual layers, GELU by the error function, word embeddings tied to the MLM decoder, `[CLS]` pooler. Fields carry
//! Hugging Face's names, so that a parameter's path is its name in `model.safetensors` (see [`crate::models::checkpoint`]). It is
//! our own and not burn's `TransformerEncoder` because that has one dropout for both residual branches, where guided
//! dropout needs a rate for each [`Site`].
//!
//! Letters: B batch, T tokens, H heads, D model width, F feed-forward width, V vocabulary, C classes, M masked tokens.

use crate::kernels::{self, gelu, linear, masked_softmax, matmul};
use crate::models::config::ModelConfig;
use crate::models::family::{Activation, Family};
use crate::models::hooks::Hooks;
use crate::models::site::Site;
use burn::module::{Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, Initializer, Linear, LinearConfig};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData, assert_shape};

/// Texts as rectangles of token ids, on a device.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Token ids, `[B, T]`.
    pub ids: Tensor<2, Int>,
    /// 0 or 1 for the first or second text of a pair, `[B, T]`.
    pub type_ids: Tensor<2, Int>,
    /// True where a row is padding, `[B, 1, 1, T]`; none if no row is.
    pub padding: Option<Tensor<4, Bool>>,
}

impl Batch {
    /// Pads rows of ids and type ids to the longest of them.
    pub fn new(rows: &[(&[u32], &[u32])], pad_id: u32, device: &Device) -> Batch {
        let b = rows.len();
        let t = rows.iter().map(|(ids, _)| ids.len()).max().unwrap_or(0);
        let mut ids = vec![pad_id as i32; b * t];
        let mut type_ids = vec![0i32; b * t];
        let mut padding = vec![true; b * t];
        for (row, (row_ids, row_types)) in rows.iter().enumerate() {
            for (column, (&id, &kind)) in row_ids.iter().zip(*row_types).enumerate() {
                ids[row * t + column] = id as i32;
                type_ids[row * t + column] = kind as i32;
                padding[row * t + column] = false;
            }
        }
        let some_padding = padding.contains(&true);
        Batch {
            ids: Tensor::from_data(TensorData::new(ids, [b, t]), device),
            type_ids: Tensor::from_data(TensorData::new(type_ids, [b, t]), device),
            padding: some_padding.then(|| Tensor::from_data(TensorData::new(padding, [b, 1, 1, t]), device)),
        }
    }
}

/// LayerNorm over the last axis.
#[derive(Module, Debug)]
pub struct LayerNorm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
    epsilon: f64,
}

impl LayerNorm {
    fn new(width: usize, epsilon: f64, device: &Device) -> LayerNorm {
        let constant = |initializer: Initializer| initializer.init([width], device);
        LayerNorm { gamma: constant(Initializer::Ones), beta: constant(Initializer::Zeros), epsilon }
    }

    fn forward<const N: usize>(&self, x: Tensor<N>) -> Tensor<N> {
        kernels::layer_norm(x, self.gamma.val(), self.beta.val(), self.epsilon)
    }
}

/// `BertEmbeddings`: word + position + token type, then LayerNorm, then dropout.
#[derive(Module, Debug)]
pub struct Embeddings {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Option<Embedding>,
    layer_norm: LayerNorm,
    first_position: usize,
}

impl Embeddings {
    /// `[B, T]` → `[B, T, E]`. Positions count through padding too, which no token attends to.
    fn forward(&self, batch: &Batch, hooks: &impl Hooks) -> Tensor<3> {
        let [_, t] = batch.ids.dims();
        let device = batch.ids.device();
        let first = self.first_position as i64;
        let positions = Tensor::<1, Int>::arange(first..first + t as i64, &device).unsqueeze::<2>();
        let mut sum = self.word_embeddings.forward(batch.ids.clone());
        if let Some(types) = &self.token_type_embeddings {
            sum = sum + types.forward(batch.type_ids.clone());
        }
        let sum = sum + self.position_embeddings.forward(positions);
        let sum = hooks.tap(format_args!("bert.embeddings"), &sum.clone(), sum);
        let x = hooks.tap(format_args!("bert.embeddings.LayerNorm"), &sum, self.layer_norm.forward(sum.clone()));
        let whole = x.dims();
        hooks.dropout(Site::Embeddings, x, whole)
    }
}

/// `BertSelfAttention`: scaled dot products of H heads, softmax, dropout on the probabilities.
#[derive(Module, Debug)]
pub struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
}

impl SelfAttention {
    /// Attention of the first Q positions, `asking: [B, Q, D]`, over all T tokens, `x: [B, T, D]`: `[B, Q, D]`.
    fn forward(
        &self,
        k: usize,
        heads: usize,
        asking: &Tensor<3>,
        x: &Tensor<3>,
        batch: &Batch,
        hooks: &impl Hooks,
    ) -> Tensor<3> {
        let ([b, q, d], [_, t, _]) = (asking.dims(), x.dims());
        let project = |name: &str, layer: &Linear, x: &Tensor<3>| {
            let name = format_args!("bert.encoder.layer.{k}.attention.self.{name}");
            let y = hooks.tap(name, x, linear(layer, x.clone()));
            y.reshape([b as i64, -1, heads as i64, (d / heads) as i64]).swap_dims(1, 2) // [B, H, T or Q, D/H]
        };
        let query = project("query", &self.query, asking);
        let (key, value) = (project("key", &self.key, x), project("value", &self.value, x));
        let scale = ((d / heads) as f64).sqrt().recip();
        let scores = matmul(query, key.swap_dims(2, 3)); // [B, H, Q, T]
        let probabilities = masked_softmax(scores, scale, batch.padding.as_ref());
        let probabilities = hooks.dropout(Site::AttentionSelf(k), probabilities, [b, heads, t, t]);
        matmul(probabilities, value).swap_dims(1, 2).reshape([b, q, d])
    }
}

/// `BertSelfOutput` and `BertOutput`: projection, dropout, residual sum, LayerNorm.
#[derive(Module, Debug)]
pub struct ResidualOutput {
    dense: Linear,
    layer_norm: LayerNorm,
    has_dropout: bool,
}

impl ResidualOutput {
    /// `x: [B, Q, D or F]`, `residual: [B, Q, D]` → `[B, Q, D]`, of texts of `t` tokens.
    fn forward(&self, site: Site, x: Tensor<3>, residual: Tensor<3>, t: usize, hooks: &impl Hooks) -> Tensor<3> {
        let projected = hooks.tap(format_args!("bert.encoder.{site}.dense"), &x, linear(&self.dense, x.clone()));
        let [b, _, d] = residual.dims();
        let noisy = if self.has_dropout { hooks.dropout(site, projected, [b, t, d]) } else { projected };
        let sum = noisy + residual;
        hooks.tap(format_args!("bert.encoder.{site}.LayerNorm"), &sum, self.layer_norm.forward(sum.clone()))
    }
}

/// `BertIntermediate`: the feed-forward layer's inner half, without dropout.
#[derive(Module, Debug)]
pub struct Intermediate {
    dense: Linear,
}

/// `BertLayer`.
#[derive(Module, Debug)]
pub struct Layer {
    attention_self: SelfAttention,
    attention_output: ResidualOutput,
    intermediate: Intermediate,
    output: ResidualOutput,
}

impl Layer {
    /// `[B, T, D]` → `[B, Q, D]`, of the first `q` tokens alone.
    fn forward(&self, k: usize, heads: usize, x: Tensor<3>, q: usize, batch: &Batch, hooks: &impl Hooks) -> Tensor<3> {
        let [b, t, d] = x.dims();
        let asking = if q == t { x.clone() } else { x.clone().slice([0..b, 0..q, 0..d]) };
        let attended = self.attention_self.forward(k, heads, &asking, &x, batch, hooks);
        let attended = self.attention_output.forward(Site::AttentionOutput(k), attended, asking, t, hooks);
        let inner = linear(&self.intermediate.dense, attended.clone());
        let inner = gelu(hooks.tap(format_args!("bert.encoder.layer.{k}.intermediate.dense"), &attended, inner));
        self.output.forward(Site::Output(k), inner, attended, t, hooks)
    }
}

/// `BertLMPredictionHead`, its decoder tied to the word embeddings.
#[derive(Module, Debug)]
pub struct MlmHead {
    dense: Linear,
    layer_norm: LayerNorm,
    bias: Param<Tensor<1>>,
}

/// An encoder with its heads; the MLM head where the checkpoint has one.
#[derive(Module, Debug)]
pub struct Model {
    embeddings: Embeddings,
    /// From the embeddings' width to D, where they differ.
    embeddings_project: Option<Linear>,
    layers: Vec<Layer>,
    /// `cls.predictions`.
    pub mlm_head: Option<MlmHead>,
    /// BERT's pooler, or the dense layer of another family's classifier.
    pooler: Linear,
    /// The output layer of the classifier, C outputs; one for a regression.
    classifier: Linear,
    heads: usize,
    #[module(skip)]
    family: Family,
}

impl Model {
    /// A model of this shape, all parameters zero but LayerNorm's gains: to be filled by [`crate::models::checkpoint`].
    pub fn zeros(config: &ModelConfig, outputs: usize, with_mlm_head: bool, device: &Device) -> Model {
        let (d, e, f) = (config.hidden_size, config.embedding_width(), config.intermediate_size);
        let linear = |from, to| LinearConfig::new(from, to).with_initializer(Initializer::Zeros).init(device);
        let embedding = |n| EmbeddingConfig::new(n, e).with_initializer(Initializer::Zeros).init(device);
        let layer_norm = |width| LayerNorm::new(width, config.layer_norm_eps, device);
        let residual = |k, site: fn(usize) -> Site, from| ResidualOutput {
            dense: linear(from, d),
            layer_norm: layer_norm(d),
            has_dropout: config.family.dropout_module(site(k)).is_some(),
        };
        let layer = |k| Layer {
            attention_self: SelfAttention { query: linear(d, d), key: linear(d, d), value: linear(d, d) },
            attention_output: residual(k, Site::AttentionOutput, d),
            intermediate: Intermediate { dense: linear(d, f) },
            output: residual(k, Site::Output, f),
        };
        Model {
            embeddings: Embeddings {
                word_embeddings: embedding(config.vocab_size),
                position_embeddings: embedding(config.max_position_embeddings),
                token_type_embeddings: config
                    .family
                    .layout()
                    .has_token_types
                    .then(|| embedding(config.type_vocab_size)),
                layer_norm: layer_norm(e),
                first_position: config.first_position(),
            },
            embeddings_project: config.has_projection().then(|| linear(e, d)),
            layers: (0..config.num_hidden_layers).map(layer).collect(),
            mlm_head: with_mlm_head.then(|| MlmHead {
                dense: linear(d, e),
                layer_norm: layer_norm(e),
                bias: Initializer::Zeros.init([config.vocab_size], device),
            }),
            pooler: linear(d, d),
            classifier: linear(d, outputs),
            heads: config.num_attention_heads,
            family: config.family,
        }
    }

    /// Its family, which names its tensors.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Hidden states of the last layer at the first `q` tokens of each text, `[B, Q, D]`. The last layer computes no others,
    /// since nothing would read them: for `[CLS]` alone that saves a fifth of a step of four layers.
    pub fn encode(&self, batch: &Batch, q: usize, hooks: &impl Hooks) -> Tensor<3> {
        let [_, t] = batch.ids.dims();
        let mut x = self.embeddings.forward(batch, hooks);
        if let Some(project) = &self.embeddings_project {
            x = hooks.tap(format_args!("bert.embeddings_project"), &x, linear(project, x.clone()));
        }
        for (k, layer) in self.layers.iter().enumerate() {
            let q = if k + 1 == self.layers.len() { q } else { t };
            x = layer.forward(k, self.heads, x, q, batch, hooks);
        }
        x
    }

    /// [`Layout::classifier_class`](crate::models::family::Layout::classifier_class): logits, `[B, C]`.
    pub fn classify(&self, batch: &Batch, hooks: &impl Hooks) -> Tensor<2> {
        let head = &self.family.layout().head;
        let mut first = self.encode(batch, 1, hooks).squeeze_dim::<2>(1); // [B, D]
        if head.dropout_before {
            let whole = first.dims();
            first = hooks.dropout(Site::ClassifierInput, first, whole);
        }
        let dense = linear(&self.pooler, first);
        let pooled = match head.activation {
            // Beyond ±10 tanh is ±1 in f32; WGSL's overflows to NaN there.
            Activation::Tanh => dense.clamp(-10.0, 10.0).tanh(),
            Activation::Relu => relu(dense),
            Activation::Gelu => gelu(dense),
        };
        let whole = pooled.dims();
        linear(&self.classifier, hooks.dropout(Site::Classifier, pooled, whole))
    }

    /// `BertForMaskedLM` at the masked positions alone: logits, `[M, V]`. `positions` count through the batch row by
    /// row, so position t of row b is b·T + t.
    ///
    /// # Panics
    /// On a model without an MLM head: ask [`Model::mlm_head`] first.
    pub fn predict_masked(&self, batch: &Batch, positions: &[usize], hooks: &impl Hooks) -> Tensor<2> {
        let head = self.mlm_head.as_ref().expect("a model with an MLM head");
        let [_, t] = batch.ids.dims();
        let x = self.encode(batch, t, hooks);
        let [b, _, d] = x.dims();
        let rows: Vec<i32> = positions.iter().map(|&p| p as i32).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [positions.len()]), &x.device());
        let masked = x.reshape([b * t, d]).select(0, rows); // [M, D]
        let transformed = head.layer_norm.forward(gelu(linear(&head.dense, masked)));
        let decoder = self.embeddings.word_embeddings.weight.val().transpose(); // [D, V]
        let logits = matmul(transformed.clone(), decoder) + head.bias.val().unsqueeze();
        let (input, logits) = (transformed.unsqueeze::<3>(), logits.unsqueeze::<3>());
        hooks.tap(format_args!("cls.predictions.decoder"), &input, logits).squeeze_dim(0)
    }
}

/// Mean cross-entropy in nats of `logits: [N, C]` against class numbers, a scalar `[1]`.
pub fn cross_entropy(logits: Tensor<2>, classes: &[u32]) -> Tensor<1> {
    let n = classes.len();
    assert_shape!(logits, [n, _]);
    let classes: Vec<i32> = classes.iter().map(|&c| c as i32).collect();
    let classes = Tensor::<2, Int>::from_data(TensorData::new(classes, [n, 1]), &logits.device());
    log_softmax(logits, 1).gather(1, classes).mean().neg()
}

/// Mean squared error of `predictions: [N, 1]` against scores, a scalar `[1]`.
pub fn squared_error(predictions: Tensor<2>, scores: &[f32]) -> Tensor<1> {
    let n = scores.len();
    assert_shape!(predictions, [n, 1]);
    let scores = Tensor::<2>::from_data(TensorData::new(scores.to_vec(), [n, 1]), &predictions.device());
    (predictions - scores).square().mean()
}
