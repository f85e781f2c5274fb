//! A classifier as operations: [`Model::classify`](crate::models::transformer::Model::classify) once more, by the same configuration and the
//! same table of the family, without dropout.

use super::graph::{Graph, Value};
use super::messages::{AttributeProto, element};
use super::view::{Inputs, View};
use crate::error::Result;
use crate::kernels::Gelu;
use crate::models::config::Pooling;
use crate::models::family::Activation;
use std::f64::consts::{PI, SQRT_2};

/// The input of token types, in models that have several.
pub const TYPE_IDS: &str = "token_type_ids";

/// From the inputs to logits, `[B, C]`.
pub fn classify(graph: &mut Graph) -> Result<Value> {
    let (config, layout) = (graph.config, graph.config.family.layout());
    let inputs = Inputs::new(graph);
    let mut x = embed(graph, &inputs)?;
    let views = if layout.has_rotary_positions {
        View::rotary(graph, &inputs)
    } else {
        let of = if layout.is_causal { View::of_earlier } else { View::of_all };
        vec![of(graph, &inputs); config.num_hidden_layers]
    };
    for (k, view) in views.iter().enumerate() {
        x = Layer { k, reads_first_alone: k + 1 == views.len() && reads_first(graph) }.apply(graph, &x, view)?;
    }
    if layout.normalises_before {
        x = graph.norm("encoder.LayerNorm", &x)?;
    }
    let read = read(graph, &inputs, &x);
    let Some(head) = &layout.head else { return graph.linear("classifier", &read) };
    let dense = graph.linear("pooler.dense", &read)?;
    let mut pooled = match head.activation {
        Activation::Tanh => graph.op("pooled", "Tanh", &[&dense], Vec::new()),
        Activation::Relu => graph.op("pooled", "Relu", &[&dense], Vec::new()),
        Activation::Gelu => gelu(graph, "pooled", &dense, Gelu::Exact),
    };
    if layout.shares_head() {
        pooled = graph.norm("pooler.LayerNorm", &pooled)?;
    }
    graph.linear("classifier", &pooled)
}

/// Tokens to vectors, `[B, T, D]`.
fn embed(graph: &mut Graph, inputs: &Inputs) -> Result<Value> {
    let (config, layout) = (graph.config, graph.config.family.layout());
    let mut sum = graph.rows("embeddings.word_embeddings", &inputs.ids)?;
    if layout.has_token_types {
        let types = if config.type_vocab_size > 1 { TYPE_IDS.to_string() } else { graph.int(0) };
        let types = graph.rows("embeddings.token_type_embeddings", &types)?;
        sum = graph.op("embeddings.typed", "Add", &[&sum, &types], Vec::new());
    }
    if !layout.has_rotary_positions {
        let first = graph.int(config.first_position() as i64);
        let positions = graph.op("positions", "Add", &[&inputs.places, &first], Vec::new());
        let positions = graph.rows("embeddings.position_embeddings", &positions)?;
        sum = graph.op("embeddings.placed", "Add", &[&sum, &positions], Vec::new());
    }
    if layout.normalises_embeddings {
        sum = graph.norm("embeddings.LayerNorm", &sum)?;
    }
    if config.has_projection() { graph.linear("embeddings_project", &sum) } else { Ok(sum) }
}

/// Whether the classifier reads the first token, and queries are projected by themselves: then the last layer computes no other token.
fn reads_first(graph: &Graph) -> bool {
    let layout = graph.config.family.layout();
    !layout.is_causal && graph.config.pooling == Pooling::Cls && !layout.fuses_projections
}

/// What the classifier reads of the last layer, `[B, D]`: the first token, the last of a causal model, or the mean.
fn read(graph: &mut Graph, inputs: &Inputs, x: &str) -> Value {
    let config = graph.config;
    if !config.family.layout().is_causal && config.pooling == Pooling::Cls {
        let first = graph.int(0);
        return graph.op("read", "Gather", &[x, &first], vec![AttributeProto::int("axis", 1)]);
    }
    let along_tokens = graph.ints(&[1]);
    if config.family.layout().is_causal {
        let tokens = graph.op("read.tokens", "ReduceSum", &[&inputs.mask, &along_tokens], Vec::new());
        let one = graph.int(1);
        let last = graph.op("read.last", "Sub", &[&tokens, &one], Vec::new()); // [B, 1]
        return graph.op("read", "GatherND", &[x, &last], vec![AttributeProto::int("batch_dims", 1)]);
    }
    let counted = graph.cast("read.counted", &inputs.mask, element::FLOAT);
    let columns = graph.unsqueeze("read.columns", &counted, &[-1]);
    let of_tokens = graph.op("read.of_tokens", "Mul", &[x, &columns], Vec::new());
    let without_axis = || vec![AttributeProto::int("keepdims", 0)];
    let sum = graph.op("read.sum", "ReduceSum", &[&of_tokens, &along_tokens], without_axis());
    let tokens = graph.op("read.tokens", "ReduceSum", &[&counted, &along_tokens], Vec::new());
    graph.op("read", "Div", &[&sum, &tokens], Vec::new())
}

/// One layer.
struct Layer {
    k: usize,
    /// Nothing reads what it would compute of the other tokens.
    reads_first_alone: bool,
}

impl Layer {
    fn part(&self, name: &str) -> String {
        format!("encoder.layer.{}.{name}", self.k)
    }

    /// `[B, T, D]` → `[B, Q, D]`.
    fn apply(&self, graph: &mut Graph, x: &str, view: &View) -> Result<Value> {
        let before = graph.config.family.layout().normalises_before;
        let asking = if self.reads_first_alone { first_token(graph, x) } else { x.to_string() };
        let attended = self.attend(graph, x, &asking, view)?;
        let attended = self.residual(graph, "attention.output", &attended, &asking)?;
        let named = graph.named(&self.part("intermediate.dense"));
        let normed =
            if before { graph.norm(&self.part("intermediate.LayerNorm"), &attended)? } else { attended.clone() };
        let inner = graph.linear(&self.part("intermediate.dense"), &normed)?;
        let form = graph.config.activation();
        let inner = if graph.config.family.layout().is_gated {
            let [values, gates] = graph.split::<2>(&format!("{named}.halves"), &inner);
            let active = gelu(graph, &format!("{named}.active"), &values, form);
            graph.op(&format!("{named}.gated"), "Mul", &[&active, &gates], Vec::new())
        } else {
            gelu(graph, &format!("{named}.active"), &inner, form)
        };
        self.residual(graph, "output", &inner, &attended)
    }

    /// Projection, residual sum, and LayerNorm in families that normalise afterwards.
    fn residual(&self, graph: &mut Graph, part: &str, x: &str, residual: &str) -> Result<Value> {
        let projected = graph.linear(&self.part(&format!("{part}.dense")), x)?;
        let named = graph.named(&self.part(&format!("{part}.dense")));
        let sum = graph.op(&format!("{named}.sum"), "Add", &[&projected, residual], Vec::new());
        let before = graph.config.family.layout().normalises_before;
        if before { Ok(sum) } else { graph.norm(&self.part(&format!("{part}.LayerNorm")), &sum) }
    }

    /// Attention of `asking: [B, Q, D]` over `x: [B, T, D]`: `[B, Q, D]`.
    fn attend(&self, graph: &mut Graph, x: &str, asking: &str, view: &View) -> Result<Value> {
        let config = graph.config;
        let (heads, width) = (config.num_attention_heads, config.hidden_size / config.num_attention_heads);
        let named = graph.named(&self.part("attention.self"));
        let by_head = [0, -1, heads as i64, width as i64]; // [B, T or Q, H, N]
        let [query, key, value] = self.projections(graph, x, asking)?;
        let query = graph.reshape(&format!("{named}.query_by_head"), &query, &by_head);
        let key = graph.reshape(&format!("{named}.key_by_head"), &key, &by_head);
        let value = graph.reshape(&format!("{named}.value_by_head"), &value, &by_head);
        let query = graph.transpose(&format!("{named}.queries"), &query, &[0, 2, 1, 3]);
        let key = graph.transpose(&format!("{named}.keys"), &key, &[0, 2, 1, 3]);
        let value = graph.transpose(&format!("{named}.values"), &value, &[0, 2, 1, 3]);
        let query = view.placed(graph, &format!("{named}.queries"), query);
        let key = view.placed(graph, &format!("{named}.keys"), key);
        let key = graph.transpose(&format!("{named}.keys_turned"), &key, &[0, 1, 3, 2]);
        let products = graph.op(&format!("{named}.products"), "MatMul", &[&query, &key], Vec::new()); // [B, H, Q, T]
        let scale = graph.number((width as f64).sqrt().recip() as f32);
        let scores = graph.op(&format!("{named}.scores"), "Mul", &[&products, &scale], Vec::new());
        let seen = graph.op(&format!("{named}.seen"), "Add", &[&scores, &view.hidden], Vec::new());
        let last_axis = vec![AttributeProto::int("axis", -1)];
        let probabilities = graph.op(&format!("{named}.probabilities"), "Softmax", &[&seen], last_axis);
        let mixed = graph.op(&format!("{named}.mixed"), "MatMul", &[&probabilities, &value], Vec::new());
        let by_token = graph.transpose(&format!("{named}.by_token"), &mixed, &[0, 2, 1, 3]);
        Ok(graph.reshape(&format!("{named}.joined"), &by_token, &[0, -1, config.hidden_size as i64]))
    }

    /// Queries of `asking`, keys and values of all tokens.
    fn projections(&self, graph: &mut Graph, x: &str, asking: &str) -> Result<[Value; 3]> {
        let layout = graph.config.family.layout();
        if !layout.fuses_projections {
            return Ok([
                graph.linear(&self.part("attention.self.query"), asking)?,
                graph.linear(&self.part("attention.self.key"), x)?,
                graph.linear(&self.part("attention.self.value"), x)?,
            ]);
        }
        let is_normed = layout.normalises_attention(self.k);
        let x = if is_normed { graph.norm(&self.part("attention.self.LayerNorm"), x)? } else { x.to_string() };
        let all = graph.linear(&self.part("attention.self.qkv"), &x)?;
        let named = graph.named(&self.part("attention.self.qkv"));
        Ok(graph.split::<3>(&format!("{named}.thirds"), &all))
    }
}

/// `[B, T, D]` → `[B, 1, D]`.
fn first_token(graph: &mut Graph, x: &str) -> Value {
    let [from, to] = [0, 1].map(|place| graph.ints(&[place]));
    let axis = graph.ints(&[1]);
    graph.op("first_token", "Slice", &[x, &from, &to, &axis], Vec::new())
}

/// GELU of a form, in the operations that onnxruntime knows as one.
fn gelu(graph: &mut Graph, name: &str, x: &str, form: Gelu) -> Value {
    let [half, one] = [0.5, 1.0].map(|number| graph.number(number));
    let step = |part: &str| format!("{name}.{part}");
    let share = match form {
        Gelu::Exact => {
            let root = graph.number(SQRT_2 as f32);
            let scaled = graph.op(&step("scaled"), "Div", &[x, &root], Vec::new());
            graph.op(&step("erf"), "Erf", &[&scaled], Vec::new())
        }
        Gelu::Tanh => {
            let [cubic, scale] = [0.044715, (2.0 / PI).sqrt() as f32].map(|number| graph.number(number));
            let square = graph.op(&step("square"), "Mul", &[x, x], Vec::new());
            let cube = graph.op(&step("cube"), "Mul", &[&square, x], Vec::new());
            let cube = graph.op(&step("cubic"), "Mul", &[&cube, &cubic], Vec::new());
            let sum = graph.op(&step("sum"), "Add", &[x, &cube], Vec::new());
            let scaled = graph.op(&step("scaled"), "Mul", &[&sum, &scale], Vec::new());
            graph.op(&step("tanh"), "Tanh", &[&scaled], Vec::new())
        }
    };
    let twice = graph.op(&step("twice"), "Add", &[&share, &one], Vec::new());
    let product = graph.op(&step("product"), "Mul", &[x, &twice], Vec::new());
    graph.op(name, "Mul", &[&product, &half], Vec::new())
}
