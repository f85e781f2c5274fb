//! `logits`: token ids and logits as safetensors, to compare with other implementations.

use crate::{Failure, files, model_folder};
use burn::tensor::Device;
use guided_dropout_lab::models::checkpoint::{Checkpoint, read};
use guided_dropout_lab::models::hooks::Off;
use guided_dropout_lab::models::transformer::Batch;
use safetensors::tensor::{Dtype, TensorView};
use std::path::{Path, PathBuf};

/// Write token ids and logits of texts as safetensors, for parity checks
///
/// For text I the file holds ids.I and type_ids.I (I64, [tokens]); logits.I (F32, [tokens, vocabulary]) where the model has a
/// language-model head, of a causal model for the token that follows each; and classifier.I (F32, [classes]) where it has a classifier. Dropout is off.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder with config.json, model.safetensors (or its shards), and tokenizer.json or vocab.txt
    #[arg(value_name = "MODEL", default_value = model_folder::BUILT_IN)]
    model: PathBuf,
    /// A text; may be given several times
    #[arg(long = "text", value_name = "TEXT", required = true)]
    texts: Vec<String>,
    /// Second texts of pairs: none, or one for each --text, in the same order
    #[arg(long = "pair", value_name = "TEXT")]
    pairs: Vec<String>,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A tensor of the file.
struct Named {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Named {
    fn ids(name: String, ids: &[u32]) -> Named {
        let bytes = ids.iter().flat_map(|&id| i64::from(id).to_le_bytes()).collect();
        Named { name, dtype: Dtype::I64, shape: vec![ids.len()], bytes }
    }

    fn floats(name: String, shape: Vec<usize>, values: &[f32]) -> Named {
        Named { name, dtype: Dtype::F32, shape, bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect() }
    }
}

/// Computes and writes.
pub async fn run(Arguments { model: folder, texts, pairs, out }: &Arguments, json: bool) -> Result<(), Failure> {
    if !pairs.is_empty() && pairs.len() != texts.len() {
        let (pairs, texts) = (pairs.len(), texts.len());
        return Err(format!("--pair: expected none, or one for each of {texts} --text, got {pairs}").into());
    }
    let in_folder = model_folder::paths("MODEL", folder)?;
    let inputs: Vec<(&str, &Path)> = in_folder.iter().map(|path| ("MODEL", path.as_path())).collect();
    files::refuse_overwriting("--out", out, &inputs)?;
    let model_files = model_folder::read("MODEL", folder)?;
    let device = Device::flex();
    let pretrained = model_folder::load("MODEL", folder, &model_files, &device)?;
    model_folder::say_ignored(folder, &model_files);
    // The file's own classifier, which a `Pretrained` has forgotten.
    let checkpoint = Checkpoint::from_bytes(&model_files.weights, pretrained.config.family)?;
    let classes = checkpoint.classes();
    let model = checkpoint.model(&pretrained.config, classes.unwrap_or(2), 0, &device)?.model;
    if !model.has_lm_head() && classes.is_none() {
        let folder = folder.display();
        return Err(
            format!("MODEL {folder}: expected a masked-language-model head or a classifier, got neither").into()
        );
    }
    let tokenizer = pretrained.tokenizer.cut_to(pretrained.config.max_tokens())?;
    let mut tensors = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let encoding = tokenizer.encode(text, pairs.get(i).map(String::as_str))?;
        let batch = Batch::new(&[(&encoding.ids, &encoding.type_ids)], tokenizer.pad_id(), &device);
        let tokens = encoding.ids.len();
        tensors.push(Named::ids(format!("ids.{i}"), &encoding.ids));
        tensors.push(Named::ids(format!("type_ids.{i}"), &encoding.type_ids));
        if model.has_lm_head() {
            let every: Vec<usize> = (0..tokens).collect();
            let logits = read(model.predict_tokens(&batch, &every, &Off)).await?;
            tensors.push(Named::floats(format!("logits.{i}"), vec![tokens, pretrained.config.vocab_size], &logits));
        }
        if let Some(classes) = classes {
            let logits = read(model.classify(&batch, &Off)).await?;
            tensors.push(Named::floats(format!("classifier.{i}"), vec![classes], &logits));
        }
    }
    let views = tensors.iter().map(|t| Ok((&t.name, TensorView::new(t.dtype, t.shape.clone(), &t.bytes)?)));
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    files::replace("--out", out, &safetensors::serialize(views, None)?)?;
    if json {
        let list: Vec<_> = tensors.iter().map(|t| serde_json::json!({"name": t.name, "shape": t.shape})).collect();
        println!("{}", serde_json::json!({"out": out, "tensors": list}));
    } else {
        println!("{} tensors of {} texts written to {}", tensors.len(), texts.len(), out.display());
    }
    Ok(())
}
