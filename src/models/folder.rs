//! The files of a checkpoint's folder: which of them make the model, and which are ignored.

use crate::data::content::content;
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use safetensors::SafeTensors;
use serde_json::Value;
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
