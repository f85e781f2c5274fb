//! `export`: a fine-tuned model as the folder that transformers.js opens, with ONNX files.

use crate::{Failure, files, model_folder};
use guided_dropout_lab::lab::card::{Package, model_card};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::models::checkpoint::Checkpoint;
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::folder::tokenizer_config;
use guided_dropout_lab::models::onnx::{FILE, INT8_FILE, Precision, to_onnx};
use std::fs;
use std::path::{Path, PathBuf};

/// Write a fine-tuned model as ONNX, in the folder that transformers.js opens
///
/// DIR gets config.json, the tokenizer's files, onnx/model.onnx (f32) and onnx/model_quantized.onnx (weights in int8). With --results it gets a
/// model card, README.md.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of a fine-tuned model, as the page exports it: config.json, model.safetensors (or its shards), and tokenizer.json or vocab.txt
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The folder to write; made where there is none
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The results.json of the experiment that the model is of, for the model card
    #[arg(long, value_name = "FILE", requires = "arm")]
    results: Option<PathBuf>,
    /// The arm that the model is of: trained with the first seed on the largest fraction, as the page keeps it
    #[arg(long, value_name = "NAME", requires = "results", value_parser = arm_named)]
    arm: Option<Arm>,
}

fn arm_named(name: &str) -> Result<Arm, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

/// Copied as they are, where the model has them.
const COPIED: [&str; 3] = ["config.json", "tokenizer_config.json", "special_tokens_map.json"];

/// Converts and writes.
pub fn run(Arguments { model: folder, out, results, arm }: &Arguments, json: bool) -> Result<(), Failure> {
    let named = |error| Failure::from(format!("MODEL {}: {error}", folder.display()));
    let model = model_folder::read("MODEL", folder)?;
    model_folder::say_ignored(folder, &model);
    let config = ModelConfig::from_bytes(&model.config).map_err(named)?;
    let checkpoint = Checkpoint::from_bytes(&model.weights, config.family).map_err(named)?;
    let mut written = vec![("tokenizer.json".to_string(), model.tokenizer.clone())];
    for (name, precision) in [(FILE, Precision::Full), (INT8_FILE, Precision::Int8)] {
        written.push((name.into(), to_onnx(&config, &checkpoint, precision).map_err(named)?));
    }
    for name in COPIED {
        let path = folder.join(name);
        if path.is_file() {
            written.push((name.into(), files::read("MODEL", &path)?));
        }
    }
    if !written.iter().any(|(name, _)| name == "tokenizer_config.json") {
        written.push(("tokenizer_config.json".into(), tokenizer_config(&config)));
    }
    if let Some((path, arm)) = results.as_ref().zip(*arm) {
        let named = |error: String| Failure::from(format!("--results {}: {error}", path.display()));
        let document =
            serde_json::from_slice(&files::read("--results", path)?).map_err(|error| named(error.to_string()))?;
        let card = model_card(&document, arm, Package::Onnx).map_err(|error| named(error.to_string()))?;
        written.push(("README.md".into(), card.into_bytes()));
    }
    write(out, folder, &written)?;
    report(out, &written, json);
    Ok(())
}

/// Writes all of it, and nothing where one of the files would take the place of one that was read.
fn write(out: &Path, model: &Path, written: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let fault = |error: std::io::Error| files::named("--out", out, &error);
    fs::create_dir_all(out.join("onnx")).map_err(fault)?;
    if fs::canonicalize(out).map_err(fault)? == fs::canonicalize(model).map_err(fault)? {
        return Err(format!("--out {}: expected another folder than MODEL, got the same", out.display()).into());
    }
    written.iter().try_for_each(|(name, bytes)| files::replace("--out", &out.join(name), bytes))
}

fn report(out: &Path, written: &[(String, Vec<u8>)], json: bool) {
    if json {
        let files: serde_json::Map<_, _> =
            written.iter().map(|(name, bytes)| (name.clone(), bytes.len().into())).collect();
        println!("{}", serde_json::json!({"out": out, "files": files}));
        return;
    }
    println!("written to {}:", out.display());
    for (name, bytes) in written {
        println!("  {name}, {:.1} MB", bytes.len() as f64 / 1e6);
    }
}
