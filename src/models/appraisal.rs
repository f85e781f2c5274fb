//! Model metadata from `config.json` and the safetensors header alone.
//!
//! The header is some ten kilobytes; the rest of the file may be hundreds of megabytes, on a disk or a network. So that
//! nobody fetches or reads them for nothing, whatever [`crate::models::pretrained::Pretrained`] would refuse for its shape is
//! refused here.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::checkpoint::{classifier_shapes, encoder_shapes, lm_head_shapes};
use crate::models::config::ModelConfig;
use crate::models::prefix::common_prefix;
use crate::models::remark::{Remark, remarks};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes of a safetensors file before its header: the header's length.
const LENGTH_BYTES: u64 = 8;
/// Tensors named in an error, at most.
const NAMED: usize = 5;

/// A model's size and shape.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Appraisal {
    /// Parameters once loaded, with a classifier of two classes.
    pub parameters: usize,
    /// L.
    pub layers: usize,
    /// D.
    pub hidden: usize,
    /// H.
    pub heads: usize,
    /// V.
    pub vocabulary: usize,
    /// The most tokens that a text can have.
    pub positions: usize,
    /// Whether it can predict tokens.
    pub has_mlm_head: bool,
    /// Of one token's way through the encoder.
    pub multiply_adds_per_token: u64,
    /// Whether it predicts each next token, and hides none.
    pub causal: bool,
    /// Remarks about the checkpoint.
    pub remarks: Vec<Remark>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

impl Appraisal {
    /// Appraises a model by the bytes of its `config.json`, the JSON header of its `model.safetensors` and that file's
    /// size in bytes.
    ///
    /// # Errors
    /// Those of [`ModelConfig::from_bytes`]; [`ErrorKind::Weights`] if the header is none, the file is shorter or longer
    /// than it says, or tensors of the encoder, or of a masked-language-model head that is there, are missing, misshapen or not
    /// f64, f32, f16 or bf16.
    pub fn new(config: &[u8], header: &[u8], size: u64) -> Result<Appraisal> {
        let config = ModelConfig::from_bytes(config)?;
        let wrong = |expected: String, got: String| {
            Err(Error::new(ErrorKind::Weights, Place::named("model.safetensors"), expected, got))
        };
        let mut entries = BTreeMap::new();
        let mut data = 0; // of all tensors: a tied one may be there twice, under two names
        let json: BTreeMap<String, serde_json::Value> = match serde_json::from_slice(header) {
            Ok(json) => json,
            Err(error) => return wrong("the header of a safetensors file".into(), format!("this: {error}")),
        };
        let tensors = || json.iter().filter(|(name, _)| *name != "__metadata__");
        let prefix = common_prefix(tensors().map(|(name, _)| name.as_str()));
        for (name, value) in tensors() {
            match serde_json::from_value::<Entry>(value.clone()) {
                Ok(entry) => {
                    data = entry.data_offsets[1].max(data);
                    let name = name.strip_prefix(prefix.as_str()).unwrap_or(name);
                    entries.insert(config.family.canonical(name), entry);
                }
                Err(error) => return wrong(format!("dtype, shape and place of {name}"), format!("this: {error}")),
            }
        }
        let whole = u64::saturating_add(data, LENGTH_BYTES + header.len() as u64);
        if whole != size {
            return wrong(format!("{whole} bytes, as its header says (is the file complete?)"), format!("{size}"));
        }

        let mut faults = Vec::new();
        let encoder = encoder_shapes(&config);
        let has = |name: &str| entries.contains_key(name);
        let is_causal = config.family.layout().is_causal;
        let has_mlm_head = is_causal || (has("cls.predictions.transform.dense.weight") && has("cls.predictions.bias"));
        let head = if has_mlm_head { lm_head_shapes(&config) } else { Vec::new() };
        for (name, shape) in encoder.iter().chain(&head) {
            match entries.get(name) {
                None => faults.push(format!("none named {}", config.family.bare(name))),
                Some(entry) if entry.shape != *shape => {
                    let name = config.family.bare(name);
                    faults.push(format!("{name} of shape {:?} where {shape:?} belongs", entry.shape));
                }
                Some(entry) if !["F64", "F32", "F16", "BF16"].contains(&entry.dtype.as_str()) => {
                    let name = config.family.bare(name);
                    faults.push(format!("{name} as {} where F64, F32, F16 or BF16 belongs", entry.dtype));
                }
                Some(_) => {}
            }
        }
        if !faults.is_empty() {
            let more = faults.len().saturating_sub(NAMED);
            faults.truncate(NAMED);
            let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
            return wrong("every tensor that config.json describes".into(), faults.join("; ") + &rest);
        }
        let classes = entries.get("classifier.weight").and_then(|entry| entry.shape.first().copied());
        let classifier = classifier_shapes(&config, 2);
        let tensors = encoder.iter().chain(&head).chain(&classifier);
        Ok(Appraisal {
            parameters: tensors.map(|(_, shape)| shape.iter().product::<usize>()).sum(),
            layers: config.num_hidden_layers,
            hidden: config.hidden_size,
            heads: config.num_attention_heads,
            vocabulary: config.vocab_size,
            positions: config.max_tokens(),
            has_mlm_head,
            multiply_adds_per_token: config.multiply_adds_per_token(),
            causal: is_causal,
            remarks: remarks(&config, &prefix, classes, entries.keys().map(String::as_str)),
        })
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::models::pretrained::Pretrained;
    use burn::tensor::Device;
    use serde_json::{Value, json};

    const CONFIG: &[u8] = include_bytes!("../../tests/fixtures/tiny_bert/config.json");
    const WEIGHTS: &[u8] = include_bytes!("../../tests/fixtures/tiny_bert/model.safetensors");
    const TOKENIZER: &[u8] = include_bytes!("../../tests/fixtures/tiny_bert/tokenizer.json");

    fn header_of(file: &[u8]) -> &[u8] {
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        &file[8..8 + length]
    }

    /// The appraisal of the fixture with a changed header; the size follows the header unless given.
    fn appraised(change: impl FnOnce(&mut Value), size: Option<u64>) -> Result<Appraisal> {
        let mut json: Value = serde_json::from_slice(header_of(WEIGHTS)).unwrap();
        change(&mut json);
        let header = json.to_string();
        let data = WEIGHTS.len() - 8 - header_of(WEIGHTS).len();
        Appraisal::new(CONFIG, header.as_bytes(), size.unwrap_or((8 + header.len() + data) as u64))
    }

    #[test]
    fn says_what_the_loaded_model_says() {
        let model = Pretrained::new("tiny", CONFIG, WEIGHTS, TOKENIZER, &Device::flex()).unwrap();
        let appraisal = Appraisal::new(CONFIG, header_of(WEIGHTS), WEIGHTS.len() as u64).unwrap();
        assert_eq!(appraisal.parameters, model.parameters);
        assert_eq!(appraisal.has_mlm_head, model.checkpoint.has_lm_head());
        assert_eq!(appraisal.multiply_adds_per_token, model.config.multiply_adds_per_token());
        let headless =
            |json: &mut Value| *json = serde_json::from_str(&json.to_string().replace("transform", "other")).unwrap();
        assert!(!appraised(headless, None).unwrap().has_mlm_head);
    }

    #[test]
    fn refuses_by_tensor_and_by_size_before_reading() {
        let query = "bert.encoder.layer.0.attention.self.query.weight";
        let said = |change: &dyn Fn(&mut Value)| appraised(change, None).unwrap_err().to_string();
        let missing = said(&|json| drop(json.as_object_mut().unwrap().remove(query)));
        assert!(missing.ends_with("got none named encoder.layer.0.attention.self.query.weight"), "{missing}");
        assert!(said(&|json| json[query]["shape"] = json!([1, 2])).contains("query.weight of shape [1, 2] where"));
        assert!(said(&|json| json[query]["dtype"] = json!("I8")).contains("query.weight as I8 where F64"));
        assert!(said(&|json| json[query] = json!(3)).contains("dtype, shape and place of bert.encoder"));
        let all = said(&|json| *json = json!({"__metadata__": {}}));
        assert!(all.contains("bytes"), "{all}");
        let cut = appraised(|_| {}, Some(1000)).unwrap_err().to_string();
        assert!(cut.contains("as its header says") && cut.ends_with("got 1000"), "{cut}");
        assert!(Appraisal::new(CONFIG, b"version https://", 16).is_err());
        assert!(
            Appraisal::new(br#"{"model_type": "albert"}"#, header_of(WEIGHTS), 0)
                .unwrap_err()
                .to_string()
                .contains("albert")
        );
    }
}
