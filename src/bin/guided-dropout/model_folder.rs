//! A model's folder: `config.json`, `model.safetensors`, `tokenizer.json`.

use crate::{Failure, files};
use burn::tensor::Device;
use guided_dropout_lab::models::pretrained::Pretrained;
use std::path::{Path, PathBuf};

/// The model that the page loads first.
pub const BUILT_IN: &str = "www/data/models/mini-4x256";

/// Its files.
pub const FILES: [&str; 3] = ["config.json", "model.safetensors", "tokenizer.json"];

/// The paths of its three files.
pub fn paths(folder: &Path) -> [PathBuf; 3] {
    FILES.map(|name| folder.join(name))
}

/// The bytes of its three files.
pub fn read(option: &str, folder: &Path) -> Result<[Vec<u8>; 3], Failure> {
    let [config, weights, tokenizer] = paths(folder).map(|path| files::read(option, &path));
    Ok([config?, weights?, tokenizer?])
}

/// The model itself.
pub fn open(option: &str, folder: &Path, device: &Device) -> Result<Pretrained, Failure> {
    let [config, weights, tokenizer] = read(option, folder)?;
    Pretrained::new(&files::name(folder), &config, &weights, &tokenizer, device)
        .map_err(|error| format!("{option} {}: {error}", folder.display()).into())
}
