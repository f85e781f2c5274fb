use super::*;
use crate::models::checkpoint::{classifier_shapes, encoder_shapes};
use messages::TensorProto;
use std::collections::{BTreeMap, BTreeSet};

const TINY: [&str; 6] = [
    "tiny_bert",
    "families/distilbert",
    "families/electra",
    "families/gpt2",
    "families/modernbert",
    "families/roberta",
];

fn read(name: &str, file: &str) -> Vec<u8> {
    std::fs::read(format!("tests/fixtures/{name}/{file}")).unwrap()
}

fn tiny(name: &str) -> (ModelConfig, Checkpoint) {
    let config = ModelConfig::from_bytes(&read(name, "config.json")).unwrap();
    let checkpoint = Checkpoint::from_bytes(&read(name, "model.safetensors"), config.family).unwrap();
    (config, checkpoint)
}

fn graph_of(bytes: &[u8]) -> GraphProto {
    let model = ModelProto::decode(bytes).unwrap();
    assert_eq!((model.ir_version, model.opset_import[0].version), (Some(8), Some(17)));
    model.graph.unwrap()
}

fn name_of(tensor: &TensorProto) -> &str {
    tensor.name.as_deref().unwrap()
}

/// Bytes of an element.
fn width(tensor: &TensorProto) -> usize {
    match tensor.data_type.unwrap() {
        element::FLOAT => 4,
        element::INT64 => 8,
        element::INT8 => 1,
        other => panic!("elements of type {other}"),
    }
}

/// ONNX's own package wrote the file; a wrong tag or a packed list would make other bytes of it.
#[test]
fn messages_are_those_of_onnx() {
    let bytes = read("onnx", "every_field.onnx");
    let model = ModelProto::decode(&*bytes).unwrap();
    assert_eq!(model.encode_to_vec(), bytes);
    let graph = model.graph.unwrap();
    let kinds: Vec<_> = graph.node.iter().map(|node| node.op_type.as_deref().unwrap()).collect();
    assert_eq!(kinds, ["Gather", "Cast", "LayerNormalization", "Transpose", "ReduceSum"]);
    let attributes: Vec<_> = graph.node.iter().flat_map(|node| node.attribute.clone()).collect();
    let ours = [
        messages::AttributeProto::int("to", i64::from(element::FLOAT)),
        messages::AttributeProto::int("axis", -1),
        messages::AttributeProto::float("epsilon", 1e-5),
        messages::AttributeProto::ints("perm", &[0, 2, 1]),
        messages::AttributeProto::int("keepdims", 0),
    ];
    assert_eq!(attributes, ours);
    let table: Vec<i8> = (-6..6).collect();
    let weights = [
        TensorProto::int8s("table", &[4, 3], &table),
        TensorProto::floats("gain", &[3], &[1.0, 0.5, -2.0]),
        TensorProto::int64s("axes", &[1], &[2]),
    ];
    assert_eq!(graph.initializer, weights);
    let ids = vec![Dim::Named("batch".into()), Dim::Named("sequence".into())];
    assert_eq!(graph.input, [ValueInfoProto::tensor("ids", element::INT64, ids)]);
    let scores = vec![Dim::Named("batch".into()), Dim::Size(3)];
    assert_eq!(graph.output, [ValueInfoProto::tensor("scores", element::FLOAT, scores)]);
}

#[test]
fn every_value_is_made_once_and_before_it_is_read() {
    for (name, precision) in TINY.into_iter().flat_map(|name| [(name, Precision::Full), (name, Precision::Int8)]) {
        let (config, checkpoint) = tiny(name);
        let graph = graph_of(&to_onnx(&config, &checkpoint, precision).unwrap());
        let inputs: Vec<&str> = graph.input.iter().map(|input| input.name.as_deref().unwrap()).collect();
        let weights = graph.initializer.iter().map(name_of);
        let mut made: BTreeSet<&str> = BTreeSet::new();
        inputs.iter().copied().chain(weights).for_each(|value| assert!(made.insert(value), "{name}: {value} twice"));
        let mut unread = made.clone();
        for node in &graph.node {
            for input in &node.input {
                assert!(made.contains(input.as_str()), "{name}: {input} is read by {node:?} and not made before");
                unread.remove(input.as_str());
            }
            for output in &node.output {
                assert!(made.insert(output), "{name}: {output} twice");
                unread.insert(output);
            }
        }
        assert_eq!(unread.into_iter().collect::<Vec<_>>(), ["logits"], "{name}");
        let has_types = config.family.layout().has_token_types && config.type_vocab_size > 1;
        assert_eq!(inputs.contains(&"token_type_ids"), has_types, "{name}");
        for tensor in &graph.initializer {
            let count: i64 = tensor.dims.iter().product();
            let bytes = tensor.raw_data.as_ref().unwrap().len();
            assert_eq!(bytes, count as usize * width(tensor), "{name}: {}", name_of(tensor));
        }
    }
}

/// Every weight of the classifier is there under Hugging Face's name, those of linear layers turned; and no other is.
#[test]
fn weights_have_the_names_and_numbers_of_the_checkpoint() {
    for name in TINY {
        let (config, checkpoint) = tiny(name);
        let graph = graph_of(&to_onnx(&config, &checkpoint, Precision::Full).unwrap());
        let is_weight = |name: &&str| name.rsplit('.').next().is_some_and(|end| ["weight", "bias"].contains(&end));
        let found: BTreeMap<&str, &TensorProto> = graph.initializer.iter().map(|it| (name_of(it), it)).collect();
        let shapes: Vec<_> = encoder_shapes(&config).into_iter().chain(classifier_shapes(&config, 3)).collect();
        assert_eq!(found.keys().copied().filter(|name| is_weight(name)).count(), shapes.len(), "{name}");
        for (canonical, shape) in shapes {
            let upstream = config.family.upstream(&canonical);
            let (tensor, ours) = (found[upstream.as_str()], checkpoint.get(&upstream).unwrap());
            let values: Vec<f32> = tensor
                .raw_data
                .as_ref()
                .unwrap()
                .chunks(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                .collect();
            let is_table = canonical.contains("_embeddings.");
            let is_inputs_first = config.family.layout().stores_inputs_first && canonical.starts_with("encoder.");
            let dims: Vec<usize> = tensor.dims.iter().map(|&size| size as usize).collect();
            if shape.len() == 1 || is_table || is_inputs_first {
                assert_eq!((&dims, &values), (&shape, &ours.values), "{upstream}");
            } else {
                let [outputs, inputs] = shape[..] else { panic!("{shape:?}") };
                assert_eq!(dims, [inputs, outputs], "{upstream}");
                let turned = (0..inputs).flat_map(|i| (0..outputs).map(move |o| o * inputs + i));
                assert!(turned.zip(&values).all(|(at, value)| ours.values[at] == *value), "{upstream}");
            }
        }
    }
}

/// Int8 weights, multiplied by their scales, are the checkpoint's to half a step; the file has a quarter of the bytes.
#[test]
fn rounded_weights_are_the_weights_to_half_a_step() {
    let (config, checkpoint) = tiny("tiny_bert");
    let [full, rounded] = [Precision::Full, Precision::Int8].map(|it| to_onnx(&config, &checkpoint, it).unwrap());
    let graph = graph_of(&rounded);
    let found: BTreeMap<&str, &TensorProto> = graph.initializer.iter().map(|it| (name_of(it), it)).collect();
    let [query, table] = ["bert.encoder.layer.0.attention.self.query.weight", "bert.embeddings.word_embeddings.weight"];
    for (name, by_row) in [(query, false), (table, true)] {
        let [rows, columns] = found[format!("{name}_quantized").as_str()].dims[..] else { panic!("{name}") };
        let numbers = found[format!("{name}_quantized").as_str()].raw_data.as_ref().unwrap();
        let scales: Vec<f32> = found[format!("{name}_scale").as_str()]
            .raw_data
            .as_ref()
            .unwrap()
            .chunks(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        assert_eq!(scales.len(), if by_row { rows } else { columns } as usize, "{name}");
        let weight = checkpoint.get(name).unwrap();
        for (row, column) in (0..rows as usize).flat_map(|row| (0..columns as usize).map(move |it| (row, it))) {
            let scale = scales[if by_row { row } else { column }];
            let ours =
                weight.values[if by_row { row * columns as usize + column } else { column * rows as usize + row }];
            let number = f32::from(numbers[row * columns as usize + column] as i8) * scale;
            assert!((number - ours).abs() <= 0.5001 * scale, "{name}: {number} for {ours}");
        }
    }
    let of =
        |bytes: &[u8]| graph_of(bytes).initializer.iter().map(|it| it.raw_data.as_ref().unwrap().len()).sum::<usize>();
    assert!((of(&rounded) as f64) < 0.4 * of(&full) as f64, "{} of {}", of(&rounded), of(&full));
}

#[test]
fn a_model_without_a_classifier_and_a_misshapen_tensor_are_refused() {
    let (config, mut checkpoint) = tiny("tiny_bert");
    let said = |checkpoint: &Checkpoint| to_onnx(&config, checkpoint, Precision::Full).unwrap_err().to_string();
    let mut headless = checkpoint.clone();
    headless.forget_classifier();
    assert_eq!(said(&headless), "model.safetensors: expected a fine-tuned model, with a classifier, got none");
    let name = "bert.pooler.dense.bias";
    let short = crate::models::checkpoint::HostTensor { shape: vec![1], values: vec![0.0] };
    checkpoint.insert(name.into(), short);
    let width = config.hidden_size;
    let expected = format!("model.safetensors, column \"{name}\": expected a tensor of shape [{width}], got [1]");
    assert_eq!(said(&checkpoint), expected);
}
