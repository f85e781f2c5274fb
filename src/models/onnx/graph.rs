//! A graph of operations that grows from its inputs on, with the weights that they read.

use super::Precision;
use super::int8::{by_column, by_row};
use super::messages::{AttributeProto, NodeProto, TensorProto, element};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::checkpoint::{Checkpoint, HostTensor, classifier_shapes, encoder_shapes, transposed};
use crate::models::config::ModelConfig;
use std::collections::{BTreeMap, BTreeSet};

/// A value: what an operation's result, an input or a weight is called.
pub type Value = String;

/// Operations so far. A value is named by the tensors of Hugging Face's that it is made with.
pub struct Graph<'a> {
    pub config: &'a ModelConfig,
    pub nodes: Vec<NodeProto>,
    pub initializers: Vec<TensorProto>,
    checkpoint: &'a Checkpoint,
    precision: Precision,
    /// Every tensor of the classifier, by its canonical name.
    shapes: BTreeMap<String, Vec<usize>>,
    constants: BTreeSet<Value>,
}

impl<'a> Graph<'a> {
    pub fn new(config: &'a ModelConfig, checkpoint: &'a Checkpoint, outputs: usize, precision: Precision) -> Graph<'a> {
        let shapes = encoder_shapes(config).into_iter().chain(classifier_shapes(config, outputs)).collect();
        Graph {
            config,
            nodes: Vec::new(),
            initializers: Vec::new(),
            checkpoint,
            precision,
            shapes,
            constants: BTreeSet::new(),
        }
    }

    /// One operation; its result has its name.
    pub fn op(&mut self, name: &str, kind: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> Value {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![name.to_string()],
            name: Some(name.to_string()),
            op_type: Some(kind.to_string()),
            attribute: attributes,
        });
        name.to_string()
    }

    /// Equal parts of a value along its last axis.
    pub fn split<const N: usize>(&mut self, name: &str, x: &str) -> [Value; N] {
        self.op(name, "Split", &[x], vec![AttributeProto::int("axis", -1)]);
        let parts: [Value; N] = std::array::from_fn(|part| format!("{name}.{part}"));
        if let Some(node) = self.nodes.last_mut() {
            node.output = parts.to_vec();
        }
        parts
    }

    /// A number.
    pub fn number(&mut self, value: f32) -> Value {
        let name = format!("number {value:e}");
        if self.constants.insert(name.clone()) {
            self.initializers.push(TensorProto::floats(&name, &[], &[value]));
        }
        name
    }

    /// A whole number, without axes.
    pub fn int(&mut self, value: i64) -> Value {
        let name = format!("int {value}");
        if self.constants.insert(name.clone()) {
            self.initializers.push(TensorProto::int64s(&name, &[], &[value]));
        }
        name
    }

    /// A list of whole numbers.
    pub fn ints(&mut self, values: &[i64]) -> Value {
        let name = format!("ints {values:?}");
        if self.constants.insert(name.clone()) {
            self.initializers.push(TensorProto::int64s(&name, &[values.len()], values));
        }
        name
    }

    /// A row of numbers that is no weight.
    pub fn floats(&mut self, name: &str, values: &[f32]) -> Value {
        self.initializers.push(TensorProto::floats(name, &[values.len()], values));
        name.to_string()
    }

    /// Hugging Face's name of a tensor, and the tensor.
    fn tensor(&self, canonical: &str) -> Result<(String, &'a HostTensor)> {
        let name = self.config.family.upstream(canonical);
        let wrong = |expected: String, got: String| {
            Error::new(ErrorKind::Weights, Place::named("model.safetensors").column(&name), expected, got)
        };
        let expected = &self.shapes[canonical];
        match self.checkpoint.get(&name) {
            Some(tensor) if tensor.shape == *expected => Ok((name, tensor)),
            found => {
                let got = found.map_or("none".to_string(), |tensor| format!("{:?}", tensor.shape));
                Err(wrong(format!("a tensor of shape {expected:?}"), got))
            }
        }
    }

    /// A gain or a bias.
    fn vector(&mut self, canonical: &str) -> Result<Value> {
        let (name, tensor) = self.tensor(canonical)?;
        self.initializers.push(TensorProto::floats(&name, &tensor.shape, &tensor.values));
        Ok(name)
    }

    /// The bias of a layer, where it has one.
    fn bias(&mut self, layer: &str) -> Result<Option<Value>> {
        let canonical = format!("{layer}.bias");
        if self.shapes.contains_key(&canonical) { self.vector(&canonical).map(Some) } else { Ok(None) }
    }

    /// What the values of a layer are called.
    pub fn named(&self, layer: &str) -> String {
        self.config.family.upstream(layer)
    }

    /// `x: […, in]` through a linear layer: `[…, out]`. Its weight is held as `[in, out]`, as ONNX multiplies, under Hugging Face's name.
    pub fn linear(&mut self, layer: &str, x: &str) -> Result<Value> {
        let stores_inputs_first = self.config.family.layout().stores_inputs_first && layer.starts_with("encoder.");
        let (name, tensor) = self.tensor(&format!("{layer}.weight"))?;
        let [first, second] = [tensor.shape[0], tensor.shape[1]];
        let turned = (!stores_inputs_first).then(|| transposed(&tensor.values, first, second));
        let values = turned.as_ref().unwrap_or(&tensor.values);
        let [rows, columns] = if stores_inputs_first { [first, second] } else { [second, first] };
        let weight = self.matrix(&name, values, [rows, columns]);
        let of_layer = self.named(layer);
        let product = self.op(&format!("{of_layer}.product"), "MatMul", &[x, &weight], Vec::new());
        Ok(match self.bias(layer)? {
            Some(bias) => self.op(&of_layer, "Add", &[&product, &bias], Vec::new()),
            None => product,
        })
    }

    /// The weight of a linear layer, `[in, out]`. In int8 each column has a scale, by which it is multiplied before it is used.
    fn matrix(&mut self, name: &str, values: &[f32], shape: [usize; 2]) -> Value {
        if self.precision == Precision::Full {
            self.initializers.push(TensorProto::floats(name, &shape, values));
            return name.to_string();
        }
        let (rounded, scales) = by_column(values, shape[1]);
        let [rounded, scales] = self.rounded(name, &shape, &rounded, &scales);
        self.op(name, "DequantizeLinear", &[&rounded, &scales], vec![AttributeProto::int("axis", 1)])
    }

    /// Rows of an embedding table, `[…, E]`, by whole numbers. In int8 each row has a scale, and only rows that are asked for are multiplied.
    pub fn rows(&mut self, table: &str, ids: &str) -> Result<Value> {
        let (name, tensor) = self.tensor(&format!("{table}.weight"))?;
        let of_table = self.named(table);
        if self.precision == Precision::Full {
            self.initializers.push(TensorProto::floats(&name, &tensor.shape, &tensor.values));
            return Ok(self.op(&of_table, "Gather", &[&name, ids], Vec::new()));
        }
        let (rounded, scales) = by_row(&tensor.values, tensor.shape[1]);
        let [rounded, scales] = self.rounded(&name, &tensor.shape, &rounded, &scales);
        let rows = self.op(&format!("{of_table}.rounded"), "Gather", &[&rounded, ids], Vec::new());
        let rows = self.cast(&format!("{of_table}.unscaled"), &rows, element::FLOAT);
        let scales = self.op(&format!("{of_table}.scales"), "Gather", &[&scales, ids], Vec::new());
        let scales = self.unsqueeze(&format!("{of_table}.scale"), &scales, &[-1]);
        Ok(self.op(&of_table, "Mul", &[&rows, &scales], Vec::new()))
    }

    /// Whole numbers and their scales, under the names that onnxruntime's own tools give them.
    fn rounded(&mut self, name: &str, shape: &[usize], rounded: &[i8], scales: &[f32]) -> [Value; 2] {
        let [of_rounded, of_scales] = [format!("{name}_quantized"), format!("{name}_scale")];
        self.initializers.push(TensorProto::int8s(&of_rounded, shape, rounded));
        self.initializers.push(TensorProto::floats(&of_scales, &[scales.len()], scales));
        [of_rounded, of_scales]
    }

    /// `x` through a LayerNorm over its last axis.
    pub fn norm(&mut self, layer: &str, x: &str) -> Result<Value> {
        let gain = self.vector(&format!("{layer}.weight"))?;
        let bias = self.bias(layer)?;
        let inputs: Vec<&str> = [x, &gain].into_iter().chain(bias.as_deref()).collect();
        let epsilon = AttributeProto::float("epsilon", self.config.layer_norm_eps as f32);
        Ok(self.op(&self.named(layer), "LayerNormalization", &inputs, vec![AttributeProto::int("axis", -1), epsilon]))
    }

    /// Another type of elements.
    pub fn cast(&mut self, name: &str, x: &str, element: i32) -> Value {
        self.op(name, "Cast", &[x], vec![AttributeProto::int("to", i64::from(element))])
    }

    /// With axes of size 1 at these places.
    pub fn unsqueeze(&mut self, name: &str, x: &str, axes: &[i64]) -> Value {
        let axes = self.ints(axes);
        self.op(name, "Unsqueeze", &[x, &axes], Vec::new())
    }

    /// `x` in another shape; 0 keeps a size, −1 takes what is left.
    pub fn reshape(&mut self, name: &str, x: &str, shape: &[i64]) -> Value {
        let shape = self.ints(shape);
        self.op(name, "Reshape", &[x, &shape], Vec::new())
    }

    /// Values one after the other along the last axis.
    pub fn concat(&mut self, name: &str, parts: &[&str]) -> Value {
        self.op(name, "Concat", parts, vec![AttributeProto::int("axis", -1)])
    }

    /// With axes in another order.
    pub fn transpose(&mut self, name: &str, x: &str, order: &[i64]) -> Value {
        self.op(name, "Transpose", &[x], vec![AttributeProto::ints("perm", order)])
    }
}
