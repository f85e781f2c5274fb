//! The whole model of every family: encoder or decoder, language-model head and classification head, in the order data flows.
//!
//! A BERT-family encoder (Devlin et al. 2018) as in Hugging Face transformers' `modeling_bert.py`: post-LayerNorm
//! residual layers, GELU by the error function, word embeddings tied to the MLM decoder, `[CLS]` pooler. What other families do
//! differently is an option of a block ([`crate::models::blocks`]) that their table sets ([`crate::models::family`]). Fields carry
//! Hugging Face's names for BERT, so that a parameter's path is its canonical name (see [`crate::models::checkpoint`]). It is
//! our own and not burn's `TransformerEncoder` because that has one dropout for both residual branches, where guided
//! dropout needs a rate for each [`Site`].
//!
//! Letters: B batch, T tokens, H heads, D model width, F feed-forward width, V vocabulary, C classes, M predicted tokens.

use crate::kernels::{Gelu, Kernels, gelu, linear, log_softmax, matmul, tanh};
use crate::models::blocks::{
    DropoutPlace, Embeddings, Intermediate, Layer, LayerNorm, MlmHead, Projections, ResidualOutput, Rotary,
    SelfAttention, Separate, View,
};
use crate::models::config::{ModelConfig, Pooling};
use crate::models::family::{Activation, Family, Layout};
use crate::models::hooks::{Hooks, Pass};
use crate::models::site::Site;
use burn::module::Module;
use burn::nn::{EmbeddingConfig, Initializer, Linear, LinearConfig};
use burn::tensor::activation::relu;
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
    /// Where each row's last token stands, counted through the batch row by row: B numbers.
    pub ends: Vec<usize>,
}

impl Batch {
    /// Pads rows of ids and type ids to the longest of them.
    pub fn new(rows: &[(&[u32], &[u32])], pad_id: u32, device: &Device) -> Batch {
        let longest = rows.iter().map(|(ids, _)| ids.len()).max().unwrap_or(0);
        Batch::padded_to(longest, rows, pad_id, device)
    }

    /// Pads rows of ids and type ids to `t` tokens, as many as the longest of them or more.
    pub fn padded_to(t: usize, rows: &[(&[u32], &[u32])], pad_id: u32, device: &Device) -> Batch {
        let b = rows.len();
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
            ends: rows.iter().enumerate().map(|(row, (ids, _))| row * t + ids.len().max(1) - 1).collect(),
            padding: some_padding.then(|| Tensor::from_data(TensorData::new(padding, [b, 1, 1, t]), device)),
        }
    }

    /// Each token's share of its text, 0 for padding, `[B, 1, T]`: what a mean of hidden states weighs them by.
    fn shares(&self) -> Tensor<3> {
        let [b, t] = self.ids.dims();
        let mut shares = vec![0f32; b * t];
        for (row, end) in self.ends.iter().enumerate() {
            shares[row * t..=*end].fill(1.0 / (end + 1 - row * t) as f32);
        }
        Tensor::from_data(TensorData::new(shares, [b, 1, t]), &self.ids.device())
    }
}

/// An encoder or decoder with its heads; the MLM head where the checkpoint has one.
#[derive(Module, Debug)]
pub struct Model {
    embeddings: Embeddings,
    /// From the embeddings' width to D, where they differ.
    embeddings_project: Option<Linear>,
    layers: Vec<Layer>,
    /// After the last layer, in families that normalise before each residual branch.
    final_norm: Option<LayerNorm>,
    /// `cls.predictions`; a causal model predicts without a head.
    pub mlm_head: Option<MlmHead>,
    /// BERT's pooler, or the dense layer of another family's classifier; none in GPT-2.
    pooler: Option<Linear>,
    /// After its activation, where it is the language model's too.
    pooler_norm: Option<LayerNorm>,
    /// The output layer of the classifier, C outputs; one for a regression.
    classifier: Linear,
    heads: usize,
    #[module(skip)]
    family: Family,
    #[module(skip)]
    pooling: Pooling,
    /// How each layer attends, where positions are rotary.
    #[module(skip)]
    attention: Vec<Rotary>,
    /// What it computes by, on a GPU.
    #[module(skip)]
    kernels: Kernels,
}

impl Model {
    /// A model of this shape, all parameters zero but LayerNorm's gains: to be filled by [`crate::models::checkpoint`].
    pub fn zeros(config: &ModelConfig, outputs: usize, with_mlm_head: bool, device: &Device) -> Model {
        let (d, e) = (config.hidden_size, config.embedding_width());
        let layout = config.family.layout();
        let zeros = |from, to| LinearConfig::new(from, to).with_initializer(Initializer::Zeros);
        let embedding = |n| EmbeddingConfig::new(n, e).with_initializer(Initializer::Zeros).init(device);
        let norm = |width| LayerNorm::new(width, config.layer_norm_eps, layout.has_biases, device);
        Model {
            embeddings: Embeddings {
                word_embeddings: embedding(config.vocab_size),
                position_embeddings: (!layout.has_rotary_positions).then(|| embedding(config.max_position_embeddings)),
                token_type_embeddings: layout.has_token_types.then(|| embedding(config.type_vocab_size)),
                layer_norm: layout.normalises_embeddings.then(|| norm(e)),
                first_position: config.first_position(),
            },
            embeddings_project: config.has_projection().then(|| zeros(e, d).init(device)),
            layers: (0..config.num_hidden_layers).map(|k| layer(k, config, device)).collect(),
            final_norm: layout.normalises_before.then(|| norm(d)),
            mlm_head: (with_mlm_head && !layout.is_causal).then(|| MlmHead {
                dense: zeros(d, e).with_bias(layout.has_biases).init(device),
                layer_norm: norm(e),
                bias: Initializer::Zeros.init([config.vocab_size], device),
            }),
            pooler: layout.head.is_some().then(|| zeros(d, d).with_bias(layout.has_biases).init(device)),
            pooler_norm: layout.shares_head().then(|| norm(d)),
            classifier: zeros(d, outputs).with_bias(layout.head.is_some()).init(device),
            heads: config.num_attention_heads,
            family: config.family,
            pooling: config.pooling,
            attention: config.attention.clone(),
            kernels: Kernels::usual(device),
        }
    }

    /// The same, computing by these kernels instead of the usual ones of its device.
    pub fn by(self, kernels: Kernels) -> Model {
        Model { kernels, ..self }
    }

    /// What it computes by.
    pub fn kernels(&self) -> Kernels {
        self.kernels
    }

    /// Its family, which names its tensors.
    pub fn family(&self) -> Family {
        self.family
    }

    fn layout(&self) -> &'static Layout {
        self.family.layout()
    }

    /// Whether it can predict tokens: a causal model always, another with its head.
    pub fn has_lm_head(&self) -> bool {
        self.layout().is_causal || self.mlm_head.is_some()
    }

    /// Hidden states of the last layer at the first `q` tokens of each text, `[B, Q, D]`. The last layer computes no others,
    /// since nothing would read them: for `[CLS]` alone that saves a fifth of a step of four layers.
    pub fn encode(&self, batch: &Batch, q: usize, hooks: &impl Hooks) -> Tensor<3> {
        let [_, t] = batch.ids.dims();
        let pass = &Pass { hooks, kernels: self.kernels };
        let mut x = self.embeddings.forward(batch, pass);
        if let Some(project) = &self.embeddings_project {
            x = hooks.tap(format_args!("embeddings_project"), &x, linear(project, x.clone(), self.kernels.products));
        }
        let views = self.views(batch, x.dims()[2]);
        for (k, layer) in self.layers.iter().enumerate() {
            let q = if k + 1 == self.layers.len() { q } else { t };
            x = layer.forward(k, self.heads, x, q, &views[k], pass);
        }
        match &self.final_norm {
            Some(norm) => hooks.tap(format_args!("encoder.LayerNorm"), &x, norm.forward(x.clone(), self.kernels.rows)),
            None => x,
        }
    }

    /// What each layer sees of a batch, in a model of width `d`; layers that attend alike share it.
    fn views(&self, batch: &Batch, d: usize) -> Vec<View> {
        if !self.layout().has_rotary_positions {
            let view = if self.layout().is_causal { View::of_earlier(batch) } else { View::of_all(batch) };
            return vec![view; self.layers.len()];
        }
        let mut views: Vec<View> = Vec::with_capacity(self.layers.len());
        for (k, &rotary) in self.attention.iter().enumerate() {
            let like = self.attention[..k].iter().position(|earlier| *earlier == rotary);
            views.push(like.map_or_else(|| View::rotary(batch, rotary, d / self.heads), |k| views[k].clone()));
        }
        views
    }

    /// Hidden states at these positions, `[M, D]`, which count through the batch row by row: position t of row b is b·T + t.
    fn encode_at(&self, batch: &Batch, positions: &[usize], hooks: &impl Hooks) -> Tensor<2> {
        let [_, t] = batch.ids.dims();
        let x = self.encode(batch, t, hooks);
        let [b, _, d] = x.dims();
        let rows: Vec<i32> = positions.iter().map(|&p| p as i32).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [positions.len()]), &x.device());
        x.reshape([b * t, d]).select(0, rows)
    }

    /// [`Layout::classifier_class`](crate::models::family::Layout::classifier_class): logits, `[B, C]`, from the first token, or
    /// of a causal model from the last, which alone has seen the others; or from the mean of all, where the model says so.
    pub fn classify(&self, batch: &Batch, hooks: &impl Hooks) -> Tensor<2> {
        let Kernels { products, rows } = self.kernels;
        let mut read = if self.layout().is_causal {
            self.encode_at(batch, &batch.ends, hooks)
        } else if self.pooling == Pooling::Mean {
            let [_, t] = batch.ids.dims();
            matmul(batch.shares(), self.encode(batch, t, hooks), products).squeeze_dim::<2>(1)
        } else {
            self.encode(batch, 1, hooks).squeeze_dim::<2>(1)
        }; // [B, D]
        let Some((head, pooler)) = self.layout().head.as_ref().zip(self.pooler.as_ref()) else {
            return matmul(read, self.classifier.weight.val(), products);
        };
        if head.dropout_before {
            let whole = read.dims();
            read = hooks.dropout(Site::ClassifierInput, read, whole);
        }
        let dense = linear(pooler, read, products);
        let pooled = match head.activation {
            Activation::Tanh => tanh(dense),
            Activation::Relu => relu(dense),
            Activation::Gelu => gelu(dense, Gelu::Exact),
        };
        let pooled = match &self.pooler_norm {
            Some(norm) => norm.forward(pooled, rows),
            None => pooled,
        };
        let whole = pooled.dims();
        linear(&self.classifier, hooks.dropout(Site::Classifier, pooled, whole), products)
    }

    /// `BertForMaskedLM` or `GPT2LMHeadModel` at these positions alone: logits, `[M, V]`. Of a masked model they are of the
    /// tokens that stand there, of a causal one of the tokens that follow. `positions` as in [`Batch::ends`].
    ///
    /// # Panics
    /// On a model that cannot: ask [`Model::has_lm_head`] first.
    pub fn predict_tokens(&self, batch: &Batch, positions: &[usize], hooks: &impl Hooks) -> Tensor<2> {
        assert!(self.has_lm_head(), "a model with a language-model head");
        let x = self.encode_at(batch, positions, hooks);
        let transformed = match &self.mlm_head {
            Some(head) => head.transform(x, self.kernels),
            None => x,
        };
        let decoder = self.embeddings.word_embeddings.weight.val().transpose(); // [D, V]
        let mut logits = matmul(transformed.clone(), decoder, self.kernels.products);
        if let Some(head) = &self.mlm_head {
            logits = logits + head.bias.val().unsqueeze();
        }
        let (input, logits) = (transformed.unsqueeze::<3>(), logits.unsqueeze::<3>());
        hooks.tap(format_args!("cls.predictions.decoder"), &input, logits).squeeze_dim(0)
    }
}

/// Layer `k` of a model of this shape.
fn layer(k: usize, config: &ModelConfig, device: &Device) -> Layer {
    let (d, f, layout) = (config.hidden_size, config.intermediate_size, config.family.layout());
    let linear = |from, to| {
        LinearConfig::new(from, to).with_bias(layout.has_biases).with_initializer(Initializer::Zeros).init(device)
    };
    let norm_where =
        |is_there: bool| is_there.then(|| LayerNorm::new(d, config.layer_norm_eps, layout.has_biases, device));
    let dropout = |site| match site {
        Site::Output(_) if layout.is_gated => DropoutPlace::Before,
        _ if config.family.dropout_module(site).is_some() => DropoutPlace::After,
        _ => DropoutPlace::Nowhere,
    };
    let residual = |site, from| ResidualOutput {
        dense: linear(from, d),
        layer_norm: norm_where(!layout.normalises_before),
        dropout: dropout(site),
    };
    Layer {
        attention_self: SelfAttention {
            layer_norm: norm_where(layout.normalises_attention(k)),
            projections: if layout.fuses_projections {
                Projections::Fused(linear(d, 3 * d))
            } else {
                Projections::Separate(Separate { query: linear(d, d), key: linear(d, d), value: linear(d, d) })
            },
        },
        attention_output: residual(Site::AttentionOutput(k), d),
        intermediate: Intermediate {
            layer_norm: norm_where(layout.normalises_before),
            dense: linear(d, if layout.is_gated { 2 * f } else { f }),
            activation: config.activation(),
            is_gated: layout.is_gated,
        },
        output: residual(Site::Output(k), f),
    }
}

/// Mean cross-entropy in nats of `logits: [N, C]` against class numbers, a scalar `[1]`.
pub fn cross_entropy(logits: Tensor<2>, classes: &[u32]) -> Tensor<1> {
    let n = classes.len();
    assert_shape!(logits, [n, _]);
    let classes: Vec<i32> = classes.iter().map(|&c| c as i32).collect();
    let classes = Tensor::<2, Int>::from_data(TensorData::new(classes, [n, 1]), &logits.device());
    log_softmax(logits).gather(1, classes).mean().neg()
}

/// The same where a row counts by the weight of its class: Σ wₙ·lossₙ / Σ wₙ, as PyTorch's `CrossEntropyLoss(weight=…)`.
///
/// `weights` has one for each class; some row's is positive.
pub fn weighted_cross_entropy(logits: Tensor<2>, classes: &[u32], weights: &[f32]) -> Tensor<1> {
    let n = classes.len();
    assert_shape!(logits, [n, weights.len()]);
    let of_rows = classes.iter().map(|&class| f64::from(weights[class as usize]));
    let total: f64 = of_rows.clone().sum();
    let shares: Vec<f32> = of_rows.map(|weight| (weight / total) as f32).collect();
    let shares = Tensor::<2>::from_data(TensorData::new(shares, [n, 1]), &logits.device());
    let classes: Vec<i32> = classes.iter().map(|&c| c as i32).collect();
    let classes = Tensor::<2, Int>::from_data(TensorData::new(classes, [n, 1]), &logits.device());
    (log_softmax(logits).gather(1, classes) * shares).sum().neg()
}

/// Mean squared error of `predictions: [N, 1]` against scores, a scalar `[1]`.
pub fn squared_error(predictions: Tensor<2>, scores: &[f32]) -> Tensor<1> {
    let n = scores.len();
    assert_shape!(predictions, [n, 1]);
    let scores = Tensor::<2>::from_data(TensorData::new(scores.to_vec(), [n, 1]), &predictions.device());
    (predictions - scores).square().mean()
}
