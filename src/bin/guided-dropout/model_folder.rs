//! A checkpoint's folder, read as the page reads the same files.

use crate::{Failure, files};
use burn::tensor::Device;
use guided_dropout_lab::models::folder::{ModelFiles, WEIGHTS};
use guided_dropout_lab::models::pretrained::Pretrained;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The model that the page loads first.
pub const BUILT_IN: &str = "www/data/models/mini-4x256";

/// What `config.json` and the tokenizer's files are called; weights are told by their ending.
const FILES: [&str; 6] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "model.safetensors.index.json",
];

/// The paths of the files that make the model, and the names of all others.
fn listed(option: &str, folder: &Path) -> Result<(Vec<PathBuf>, Vec<String>), Failure> {
    let fault = |error: std::io::Error| -> Failure { format!("{option} {}: {error}", folder.display()).into() };
    let entries = fs::read_dir(folder).map_err(fault)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(fault)?;
    let is_whole = folder.join(WEIGHTS).is_file();
    let is_used = |path: &PathBuf| {
        let name = files::name(path);
        FILES.contains(&name.as_str()) || name == WEIGHTS || (!is_whole && name.ends_with(".safetensors"))
    };
    let (used, others): (Vec<_>, Vec<_>) = paths.into_iter().filter(|path| path.is_file()).partition(is_used);
    Ok((used, others.iter().map(|path| files::name(path)).collect()))
}

/// The paths of the files that make the model.
pub fn paths(option: &str, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    Ok(listed(option, folder)?.0)
}

/// The files that make the model.
pub fn read(option: &str, folder: &Path) -> Result<ModelFiles, Failure> {
    let (used, others) = listed(option, folder)?;
    // Of a file that is not used the name is enough: for the list of what is there.
    let mut contents: BTreeMap<String, Vec<u8>> = others.into_iter().map(|name| (name, Vec::new())).collect();
    for path in used {
        contents.insert(files::name(&path), files::read(option, &path)?);
    }
    ModelFiles::of(contents).map_err(|error| named(option, folder, error))
}

/// Says on standard error which weights are not used.
pub fn say_ignored(folder: &Path, model: &ModelFiles) {
    if !model.ignored.is_empty() {
        eprintln!("{}: ignored: {}", files::name(folder), model.ignored.join(", "));
    }
}

/// The model of these files.
pub fn load(option: &str, folder: &Path, files: &ModelFiles, device: &Device) -> Result<Pretrained, Failure> {
    Pretrained::new(&files::name(folder), &files.config, &files.weights, &files.tokenizer, device)
        .map_err(|error| named(option, folder, error))
}

fn named(option: &str, folder: &Path, error: guided_dropout_lab::error::Error) -> Failure {
    format!("{option} {}: {error}", folder.display()).into()
}
