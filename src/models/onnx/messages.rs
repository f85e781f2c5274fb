//! The messages of an ONNX file, as far as a classifier needs them: `onnx/onnx.proto` of ONNX 1.12, whose numbers these tags are. That file is
//! of protobuf's version 2, in which lists are not packed.

use prost::Message;

/// The version of the file format that belongs to [`OPSET`].
pub const IR_VERSION: i64 = 8;
/// The version of ONNX's operators: the first with `LayerNormalization`.
pub const OPSET: i64 = 17;

/// Types of elements: `TensorProto.DataType`.
pub mod element {
    pub const FLOAT: i32 = 1;
    pub const INT8: i32 = 3;
    pub const INT64: i32 = 7;
    pub const BOOL: i32 = 9;
}

/// Types of attributes: `AttributeProto.AttributeType`.
mod kind {
    pub const FLOAT: i32 = 1;
    pub const INT: i32 = 2;
    pub const INTS: i32 = 7;
}

/// A whole file.
#[derive(Clone, PartialEq, Message)]
pub struct ModelProto {
    #[prost(int64, optional, tag = "1")]
    pub ir_version: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub producer_name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub producer_version: Option<String>,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSetIdProto>,
}

/// A set of operators; the one without a domain is ONNX's own.
#[derive(Clone, PartialEq, Message)]
pub struct OperatorSetIdProto {
    #[prost(string, optional, tag = "1")]
    pub domain: Option<String>,
    #[prost(int64, optional, tag = "2")]
    pub version: Option<i64>,
}

/// Operations in an order in which they can be computed, and the weights.
#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    #[prost(string, optional, tag = "2")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
}

/// One operation on named values.
#[derive(Clone, PartialEq, Message)]
pub struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    #[prost(string, optional, tag = "3")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub op_type: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
}

/// A constant of an operation.
#[derive(Clone, PartialEq, Message)]
pub struct AttributeProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(float, optional, tag = "2")]
    pub f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub i: Option<i64>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub ints: Vec<i64>,
    #[prost(int32, optional, tag = "20")]
    pub r#type: Option<i32>,
}

impl AttributeProto {
    pub fn float(name: &str, value: f32) -> AttributeProto {
        let (name, r#type) = (Some(name.into()), Some(kind::FLOAT));
        AttributeProto { name, r#type, f: Some(value), ..AttributeProto::default() }
    }

    pub fn int(name: &str, value: i64) -> AttributeProto {
        let (name, r#type) = (Some(name.into()), Some(kind::INT));
        AttributeProto { name, r#type, i: Some(value), ..AttributeProto::default() }
    }

    pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
        let (name, r#type) = (Some(name.into()), Some(kind::INTS));
        AttributeProto { name, r#type, ints: values.to_vec(), ..AttributeProto::default() }
    }
}

/// A weight or another constant.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, optional, tag = "2")]
    pub data_type: Option<i32>,
    #[prost(string, optional, tag = "8")]
    pub name: Option<String>,
    /// Row-major and little-endian.
    #[prost(bytes = "vec", optional, tag = "9")]
    pub raw_data: Option<Vec<u8>>,
}

impl TensorProto {
    pub fn floats(name: &str, shape: &[usize], values: &[f32]) -> TensorProto {
        TensorProto::new(name, shape, element::FLOAT, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    pub fn int64s(name: &str, shape: &[usize], values: &[i64]) -> TensorProto {
        TensorProto::new(name, shape, element::INT64, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    pub fn int8s(name: &str, shape: &[usize], values: &[i8]) -> TensorProto {
        TensorProto::new(name, shape, element::INT8, values.iter().map(|&value| value as u8).collect())
    }

    fn new(name: &str, shape: &[usize], data_type: i32, raw_data: Vec<u8>) -> TensorProto {
        let dims = shape.iter().map(|&size| size as i64).collect();
        TensorProto { dims, data_type: Some(data_type), name: Some(name.into()), raw_data: Some(raw_data) }
    }
}

/// An input or output of the graph.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfoProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<TypeProto>,
}

impl ValueInfoProto {
    /// A tensor of this type of elements.
    pub fn tensor(name: &str, element: i32, dims: Vec<Dim>) -> ValueInfoProto {
        let dim = dims.into_iter().map(|value| Dimension { value: Some(value) }).collect();
        let tensor = TensorType { elem_type: Some(element), shape: Some(TensorShapeProto { dim }) };
        ValueInfoProto { name: Some(name.into()), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
    }
}

/// `TypeProto` of a tensor.
#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
    #[prost(message, optional, tag = "1")]
    pub tensor_type: Option<TensorType>,
}

/// `TypeProto.Tensor`.
#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
    #[prost(int32, optional, tag = "1")]
    pub elem_type: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
}

/// The sizes of a tensor's axes.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dimension>,
}

/// `TensorShapeProto.Dimension`.
#[derive(Clone, PartialEq, Message)]
pub struct Dimension {
    #[prost(oneof = "Dim", tags = "1, 2")]
    pub value: Option<Dim>,
}

/// The size of an axis.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Dim {
    /// Always this.
    #[prost(int64, tag = "1")]
    Size(i64),
    /// Another one for each input; the same wherever it has this name.
    #[prost(string, tag = "2")]
    Named(String),
}
