//! The files of a checkpoint's folder: which of them make the model, and which are ignored.

use crate::data::content::content;
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::config::ModelConfig;
use crate::models::family::Family;
use safetensors::SafeTensors;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The file that holds all tensors, or stands for all shards.
pub const WEIGHTS: &str = "model.safetensors";
/// Which shard holds which tensor.
const INDEX: &str = "model.safetensors.index.json";

/// A model's three files, as [`crate::models::pretrained::Pretrained::new`] takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    /// `config.json`.
    pub config: Vec<u8>,
    /// `model.safetensors`; of a sharded checkpoint, the shards as one file.
    pub weights: Vec<u8>,
    /// `tokenizer.json` with what the files beside it say of it, or what `vocab.txt` means.
    pub tokenizer: Vec<u8>,
    /// Weights that are not used, since those of the exact name are.
    pub ignored: Vec<String>,
}

impl ModelFiles {
    /// The model in a folder, by the names of its files. Of several safetensors the one of the exact name wins; without it
    /// the shards of an index are joined, and a single file of another name is taken.
    ///
    /// # Errors
    /// An error that names the file that is missing, or cannot be read.
    pub fn of(mut files: BTreeMap<String, Vec<u8>>) -> Result<ModelFiles> {
        let missing = |kind, name: &str, files: &BTreeMap<String, Vec<u8>>| {
            let got = files.keys().cloned().collect::<Vec<_>>().join(", ");
            Error::new(kind, Place::named(name), "the file in the model's folder", format!("only {got}"))
        };
        let mut unused: BTreeSet<String> =
            files.keys().filter(|name| name.ends_with(".safetensors")).cloned().collect();
        let weights = if let Some(weights) = files.remove(WEIGHTS) {
            unused.remove(WEIGHTS);
            weights
        } else if let Some(index) = files.get(INDEX) {
            let names = shards_of(index)?;
            let shards: Option<Vec<(&str, &[u8])>> =
                names.iter().map(|name| Some((name.as_str(), &files.get(name)?[..]))).collect();
            let shards = shards.ok_or_else(|| {
                let lacking = names.iter().filter(|name| !files.contains_key(*name)).cloned().collect::<Vec<_>>();
                missing(ErrorKind::Weights, &lacking.join(", "), &files)
            })?;
            unused.retain(|name| !names.contains(name));
            join_shards(&shards)?
        } else if let (1, Some(only)) = (unused.len(), unused.pop_first()) {
            files.remove(&only).unwrap_or_default()
        } else {
            return Err(missing(ErrorKind::Weights, WEIGHTS, &files));
        };
        let Some(config) = files.get("config.json").cloned() else {
            return Err(missing(ErrorKind::ModelConfig, "config.json", &files));
        };
        let of = |name: &str| files.get(name).map(Vec::as_slice);
        let (said, map) = (of("tokenizer_config.json"), of("special_tokens_map.json"));
        let tokenizer = match (of("tokenizer.json"), of("vocab.txt")) {
            (Some(tokenizer), _) if said.is_none() && map.is_none() => tokenizer.to_vec(),
            (Some(tokenizer), _) => Tokenizer::json_with_roles(tokenizer, said, map)?.into_bytes(),
            (None, Some(vocabulary)) => Tokenizer::json_of_vocabulary(vocabulary, said)?.into_bytes(),
            (None, None) => return Err(missing(ErrorKind::Tokenizer, "tokenizer.json", &files)),
        };
        Ok(ModelFiles { config, weights, tokenizer, ignored: unused.into_iter().collect() })
    }

    /// The three files by their names.
    pub fn named(&self) -> [(&'static str, &[u8]); 3] {
        [("config.json", &self.config), (WEIGHTS, &self.weights), ("tokenizer.json", &self.tokenizer)]
    }
}

/// The bytes of a `config.json` for a model that was fine-tuned from the one with this `config.json`; `labels` are none of a regression.
///
/// # Errors
/// [`ErrorKind::ModelConfig`] where that is no JSON object.
pub fn fine_tuned_config(config: &[u8], labels: &[String], family: Family, pad_id: u32) -> Result<Vec<u8>> {
    let bytes = content(ErrorKind::ModelConfig, "config.json", config)?;
    let mut json: serde_json::Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| {
        Error::new(ErrorKind::ModelConfig, Place::named("config.json"), "a JSON object", format!("this: {error}"))
    })?;
    json.insert("architectures".into(), json!([family.layout().classifier_class]));
    // By it GPT-2's classifier finds a text's last token; its own files leave it out.
    if json.get("pad_token_id").is_none_or(Value::is_null) {
        json.insert("pad_token_id".into(), pad_id.into());
    }
    // Of the pretrained file; these weights are f32, and of another task.
    for key in ["dtype", "torch_dtype", "id2label", "label2id", "num_labels"] {
        json.remove(key);
    }
    if labels.is_empty() {
        json.insert("num_labels".into(), 1.into());
        json.insert("problem_type".into(), "regression".into());
    } else {
        let classes = || labels.iter().enumerate();
        let of_class: serde_json::Map<_, _> = classes().map(|(at, label)| (at.to_string(), json!(label))).collect();
        let of_label: serde_json::Map<_, _> = classes().map(|(at, label)| (label.clone(), json!(at))).collect();
        json.insert("id2label".into(), Value::Object(of_class));
        json.insert("label2id".into(), Value::Object(of_label));
        json.insert("problem_type".into(), "single_label_classification".into());
    }
    Ok(format!("{:#}\n", Value::Object(json)).into_bytes())
}

/// The bytes of a `tokenizer_config.json` for a model whose folder has none: the family's special tokens, and how long a text can be.
pub fn tokenizer_config(config: &ModelConfig) -> Vec<u8> {
    let mut json = serde_json::Map::new();
    json.insert("tokenizer_class".into(), "PreTrainedTokenizerFast".into());
    json.insert("model_max_length".into(), config.max_tokens().into());
    json.extend(config.family.layout().special_tokens.iter().map(|&(key, token)| (key.to_string(), token.into())));
    format!("{:#}\n", Value::Object(json)).into_bytes()
}

/// The files that a `model.safetensors.index.json` names.
///
/// # Errors
/// [`ErrorKind::Weights`] where it names none.
pub fn shards_of(index: &[u8]) -> Result<BTreeSet<String>> {
    let wrong =
        |got: String| Error::new(ErrorKind::Weights, Place::named(INDEX), "a weight_map of tensors to files", got);
    let json: Value = serde_json::from_slice(content(ErrorKind::Weights, INDEX, index)?)
        .map_err(|error| wrong(format!("this: {error}")))?;
    let map = json["weight_map"].as_object().filter(|map| !map.is_empty()).ok_or_else(|| wrong("none".into()))?;
    Ok(map.values().filter_map(Value::as_str).map(String::from).collect())
}

/// The header that the shards of a checkpoint have as one file, and the size of that file in bytes: what an appraisal asks for
/// before any shard is read.
///
/// # Errors
/// [`ErrorKind::Weights`] naming the shard whose header is none.
pub fn join_headers(headers: &[(&str, &[u8])]) -> Result<(String, u64)> {
    let mut joined = serde_json::Map::new();
    let mut before = 0;
    for &(name, header) in headers {
        let wrong = |got: String| {
            Error::new(
                ErrorKind::Weights,
                Place::named(name),
                "the header of a safetensors file",
                format!("this: {got}"),
            )
        };
        let json: serde_json::Map<String, Value> =
            serde_json::from_slice(header).map_err(|error| wrong(error.to_string()))?;
        let mut bytes = 0;
        for (tensor, mut entry) in json.into_iter().filter(|(tensor, _)| tensor != "__metadata__") {
            let offsets: [u64; 2] = serde_json::from_value(entry["data_offsets"].clone())
                .map_err(|error| wrong(format!("{tensor}, data_offsets: {error}")))?;
            bytes = bytes.max(offsets[1]);
            entry["data_offsets"] = offsets.map(|at| at.saturating_add(before)).to_vec().into();
            joined.insert(tensor, entry);
        }
        before = before.saturating_add(bytes);
    }
    let header = Value::Object(joined).to_string();
    let size = before.saturating_add(8 + header.len() as u64); // 8 bytes say how long the header is
    Ok((header, size))
}

/// The shards of a checkpoint as one `model.safetensors`.
///
/// # Errors
/// [`ErrorKind::Weights`] naming the shard that is no safetensors file.
pub fn join_shards(shards: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let wrong = |name: &str, error: safetensors::SafeTensorError| {
        Error::new(ErrorKind::Weights, Place::named(name), "a safetensors file", format!("this: {error}"))
    };
    let read = |&(name, bytes): &(&str, &'_ [u8])| -> Result<()> { content(ErrorKind::Weights, name, bytes).map(drop) };
    shards.iter().try_for_each(read)?;
    let files: Vec<SafeTensors<'_>> = shards
        .iter()
        .map(|(name, bytes)| SafeTensors::deserialize(bytes).map_err(|error| wrong(name, error)))
        .collect::<Result<_>>()?;
    let views = files.iter().flat_map(|file| file.iter());
    let format = [("format".to_string(), "pt".to_string())].into();
    safetensors::serialize(views, Some(format)).map_err(|error| wrong(WEIGHTS, error))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn a_fine_tuned_model_names_its_own_classes() {
        let pretrained =
            br#"{"model_type": "gpt2", "dtype": "float16", "rate": 2.0, "id2label": {"0": "old"}, "num_labels": 7}"#;
        let tuned = |labels: &[&str]| -> Value {
            let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
            serde_json::from_slice(&fine_tuned_config(pretrained, &labels, Family::Gpt2, 5).unwrap()).unwrap()
        };
        let expected = json!({
            "model_type": "gpt2", "rate": 2.0, "architectures": ["GPT2ForSequenceClassification"], "pad_token_id": 5,
            "id2label": {"0": "no", "1": "yes"}, "label2id": {"no": 0, "yes": 1}, "problem_type": "single_label_classification"
        });
        assert_eq!(tuned(&["no", "yes"]), expected);
        let regression = tuned(&[]);
        assert_eq!((&regression["num_labels"], &regression["problem_type"]), (&json!(1), &json!("regression")));
        assert!(regression.get("id2label").is_none() && regression.get("dtype").is_none());
        let written = fine_tuned_config(pretrained, &[], Family::Gpt2, 5).unwrap();
        assert!(String::from_utf8(written).unwrap().contains("2.0"), "transformers refuses 2 where a float belongs");
        assert!(fine_tuned_config(b"[]", &[], Family::Bert, 0).unwrap_err().to_string().contains("a JSON object"));
    }
}
