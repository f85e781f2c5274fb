//! A fine-tuned classifier as an ONNX file, which onnxruntime and transformers.js compute.
//!
//! Inputs: `input_ids` and `attention_mask`, int64 `[batch, sequence]`, with padding at the end of a text; `token_type_ids`, the same, where a
//! model has several types. Output: `logits`, f32 `[batch, classes]`; of a regression `[batch, 1]`. Weights have Hugging Face's names; those of
//! linear layers are held as `[in, out]`.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::checkpoint::Checkpoint;
use crate::models::config::ModelConfig;
use classifier::{TYPE_IDS, classify};
use graph::Graph;
use messages::{Dim, GraphProto, IR_VERSION, ModelProto, OPSET, OperatorSetIdProto, ValueInfoProto, element};
use prost::Message;

mod classifier;
mod graph;
mod int8;
mod messages;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod view;

/// Where transformers.js looks for the file within a model's folder.
pub const FILE: &str = "onnx/model.onnx";
/// Where it looks for weights in int8.
pub const INT8_FILE: &str = "onnx/model_quantized.onnx";

/// The most bytes of one file: protobuf counts in 32 bits with a sign.
const LARGEST: usize = i32::MAX as usize;

/// How weights are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// f32.
    Full,
    /// int8 with a scale for each output channel or embedded token; gains and biases in f32, as everything that is computed.
    Int8,
}

/// The bytes of an ONNX file of a checkpoint's classifier.
///
/// # Errors
/// [`ErrorKind::Weights`] where the checkpoint has no classifier, lacks a tensor, or would make a file of 2 GB or more.
pub fn to_onnx(config: &ModelConfig, checkpoint: &Checkpoint, precision: Precision) -> Result<Vec<u8>> {
    let outputs = checkpoint.classes().ok_or_else(|| {
        let place = Place::named("model.safetensors");
        Error::new(ErrorKind::Weights, place, "a fine-tuned model, with a classifier", "none")
    })?;
    let mut graph = Graph::new(config, checkpoint, outputs, precision);
    let logits = classify(&mut graph)?;
    graph.op("logits", "Identity", &[&logits], Vec::new());
    let has_types = config.family.layout().has_token_types && config.type_vocab_size > 1;
    let inputs = ["input_ids", "attention_mask"].into_iter().chain(has_types.then_some(TYPE_IDS));
    let dim = |name: &str| Dim::Named(name.into());
    let of_tokens = |name| ValueInfoProto::tensor(name, element::INT64, vec![dim("batch"), dim("sequence")]);
    let of_classes = vec![dim("batch"), Dim::Size(outputs as i64)];
    let model = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some(env!("CARGO_PKG_NAME").into()),
        producer_version: Some(env!("CARGO_PKG_VERSION").into()),
        opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) }],
        graph: Some(GraphProto {
            name: Some(config.family.layout().classifier_class.into()),
            input: inputs.map(of_tokens).collect(),
            output: vec![ValueInfoProto::tensor("logits", element::FLOAT, of_classes)],
            node: graph.nodes,
            initializer: graph.initializers,
        }),
    };
    let bytes = model.encoded_len();
    if bytes > LARGEST {
        let expected = "a model below 2 GB, the most that a file holds; export its folder instead";
        let got = format!("{bytes} bytes");
        return Err(Error::new(ErrorKind::Weights, Place::named("model.onnx"), expected, got));
    }
    Ok(model.encode_to_vec())
}
