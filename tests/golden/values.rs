//! The golden values, and the tiny BERT, batches and comparisons that they are of.

use crate::common::{CONFIG, WEIGHTS};
use burn::tensor::Device;
use guided_dropout_lab::data::tokenizer::Encoding;
use guided_dropout_lab::method::fisher::{self, LabelledText, MaskedText};
use guided_dropout_lab::models::checkpoint::{Checkpoint, HostTensor, NamedTensor, read};
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::family::Family;
use guided_dropout_lab::models::hooks::Hooks;
use guided_dropout_lab::models::site::Site;
use guided_dropout_lab::models::transformer::{Batch, Model};
use safetensors::SafeTensors;
use serde_json::Value;

const TENSORS: &[u8] = include_bytes!("../fixtures/tiny_bert/golden.safetensors");
pub const SCALARS: &str = include_str!("../fixtures/tiny_bert/golden.json");

/// The gradient of a key's bias is 0 in exact arithmetic (softmax ignores a shift): what is stored is rounding noise.
pub fn is_noise(name: &str) -> bool {
    ["attention.self.key.bias", "attention.k_lin.bias"].iter().any(|end| name.ends_with(end))
}

pub struct Golden {
    pub tensors: SafeTensors<'static>,
    pub scalars: Value,
    /// Relative to a tensor's largest element.
    pub tolerance: f64,
}

impl Golden {
    pub fn open(device: &Device) -> Golden {
        let tolerance = if *device == Device::flex() { 1e-5 } else { 1e-4 };
        Golden {
            tensors: SafeTensors::deserialize(TENSORS).unwrap(),
            scalars: serde_json::from_str(SCALARS).unwrap(),
            tolerance,
        }
    }

    /// The same values with `times` the tolerance.
    pub fn relaxed(&self, times: f64) -> Golden {
        let tensors = SafeTensors::deserialize(TENSORS).unwrap();
        Golden { tolerance: times * self.tolerance, tensors, scalars: self.scalars.clone() }
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        let view = self.tensors.tensor(name).unwrap_or_else(|_| panic!("no golden {name}"));
        view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    pub fn integers(&self, name: &str) -> Vec<Vec<i64>> {
        let view = self.tensors.tensor(name).unwrap();
        let columns = view.shape().last().copied().unwrap();
        let flat: Vec<i64> = view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect();
        flat.chunks(columns).map(<[i64]>::to_vec).collect()
    }

    pub fn number(&self, pointer: &str) -> f64 {
        self.scalars.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no golden {pointer}"))
    }

    pub fn assert_close(&self, what: &str, ours: &[f32], expected: &[f32]) {
        assert_eq!(ours.len(), expected.len(), "{what}: number of elements");
        let largest = expected.iter().fold(0f64, |m, e| m.max(f64::from(e.abs())));
        let bound = self.tolerance * largest + 1e-7;
        for (i, (o, e)) in ours.iter().zip(expected).enumerate() {
            let error = (f64::from(*o) - f64::from(*e)).abs();
            assert!(error <= bound, "{what}[{i}]: {o} where {e} was expected, {error:e} apart, {bound:e} allowed");
        }
    }

    pub fn assert_number(&self, what: &str, ours: f64, expected: f64) {
        let bound = self.tolerance * expected.abs();
        assert!((ours - expected).abs() <= bound, "{what}: {ours} where {expected} was expected");
    }

    /// The batch's rows without padding: ids under `name`, type ids, and what masked positions hid.
    pub fn rows(&self, name: &str) -> Vec<Row> {
        let (ids, mask) = (self.integers(name), self.integers("batch.attention_mask"));
        let (kinds, labels) = (self.integers("batch.token_type_ids"), self.integers("batch.mlm_labels"));
        (0..ids.len())
            .map(|b| {
                let length = mask[b].iter().sum::<i64>() as usize;
                let cut = |row: &[i64]| row[..length].iter().map(|&v| v as u32).collect::<Vec<u32>>();
                let positions: Vec<usize> = (0..length).filter(|&t| labels[b][t] >= 0).collect();
                let targets = positions.iter().map(|&t| labels[b][t] as u32).collect();
                Row { ids: cut(&ids[b]), kinds: cut(&kinds[b]), positions, targets }
            })
            .collect()
    }

    pub fn class_labels(&self) -> Vec<u32> {
        let view = self.tensors.tensor("batch.class_labels").unwrap();
        view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as u32).collect()
    }
}

/// The golden masks of every site, each 0 or 2.
pub struct GoldenMasks<'a>(pub &'a Golden);

impl Hooks for GoldenMasks<'_> {
    fn multipliers(&self, site: Site, shape: &[usize]) -> Option<Vec<f32>> {
        let view = self.0.tensors.tensor(&format!("dropout.mask.{site}")).unwrap();
        assert_eq!(view.shape(), shape, "shape at {site}");
        Some(view.data().iter().map(|&kept| 2.0 * f32::from(kept)).collect())
    }
}

pub struct Row {
    pub ids: Vec<u32>,
    pub kinds: Vec<u32>,
    pub positions: Vec<usize>,
    pub targets: Vec<u32>,
}

impl Row {
    /// The row with its label or target. Which tokens are special, and their text, matter to no loss.
    pub fn labelled(self, index: usize, target: f32) -> LabelledText {
        let (special, tokens) = (Vec::new(), Vec::new());
        let encoding = Encoding { ids: self.ids, type_ids: self.kinds, special, tokens };
        LabelledText { text: fisher::Text { index, encoding }, target }
    }
}

impl From<&Row> for MaskedText {
    fn from(row: &Row) -> MaskedText {
        MaskedText {
            ids: row.ids.clone(),
            type_ids: row.kinds.clone(),
            positions: row.positions.clone(),
            targets: row.targets.clone(),
        }
    }
}

pub fn batch_of(rows: &[Row], device: &Device) -> Batch {
    let rows: Vec<(&[u32], &[u32])> = rows.iter().map(|r| (r.ids.as_slice(), r.kinds.as_slice())).collect();
    Batch::new(&rows, 0, device)
}

/// Masked positions as they count through the padded batch, and their targets.
pub fn masked_of(rows: &[Row]) -> (Vec<usize>, Vec<u32>) {
    let t = rows.iter().map(|r| r.ids.len()).max().unwrap();
    let positions = rows.iter().enumerate().flat_map(|(b, r)| r.positions.iter().map(move |p| b * t + p)).collect();
    (positions, rows.iter().flat_map(|r| r.targets.clone()).collect())
}

pub fn model(outputs: usize, device: &Device) -> Model {
    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    let loaded = Checkpoint::from_bytes(WEIGHTS, Family::Bert).unwrap().model(&config, outputs, 0, device).unwrap();
    if outputs == 3 {
        assert!(loaded.drawn.is_empty() && loaded.unused.is_empty(), "{:?} {:?}", loaded.drawn, loaded.unused);
    }
    loaded.model
}

/// The classifier's first row as a head of one output, as the golden regression has it.
pub fn one_output(device: &Device) -> Model {
    let mut checkpoint = Checkpoint::from_bytes(WEIGHTS, Family::Bert).unwrap();
    for (name, width) in [("classifier.weight", 16), ("classifier.bias", 1)] {
        let HostTensor { mut shape, mut values } = checkpoint.get(name).unwrap().clone();
        shape[0] = 1;
        values.truncate(width);
        checkpoint.insert(name.into(), HostTensor { shape, values });
    }
    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    let loaded = checkpoint.model(&config, 1, 0, device).unwrap();
    assert!(loaded.drawn.is_empty() && loaded.unused.is_empty(), "{:?} {:?}", loaded.drawn, loaded.unused);
    loaded.model
}

pub async fn compare_gradients(golden: &Golden, prefix: &str, ours: Vec<NamedTensor>, expected_count: usize) {
    let mut compared = 0;
    for tensor in ours {
        let values = read(tensor.flat).await.unwrap();
        if is_noise(&tensor.name) {
            assert!(values.iter().all(|v| v.abs() < 1e-5), "{}: {values:?}", tensor.name);
        } else {
            golden.assert_close(&tensor.name, &values, &golden.floats(&format!("{prefix}{}", tensor.name)));
        }
        compared += 1;
    }
    assert_eq!(compared, expected_count, "number of gradients");
}
