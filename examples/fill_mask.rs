//! What a model expects behind `[MASK]`, natively: the likeliest words, and on request every logit for a comparison.

use burn::tensor::Device;
use guided_dropout_lab::models::bert::Batch;
use guided_dropout_lab::models::checkpoint::{self, HostTensor, read};
use guided_dropout_lab::models::hooks::Off;
use guided_dropout_lab::models::pretrained::Pretrained;
use guided_dropout_lab::training::train::probabilities;
use std::path::PathBuf;

const HELP: &str = "fill_mask [options] TEXT…      says what a model expects behind [MASK] in each text

  --model DIR       config.json, model.safetensors, tokenizer.json   [www/data/models/mini-4x256]
  --top N           words a mask                                      [5]
  --logits FILE     writes ids.I and logits.I [tokens, vocabulary] of text I as safetensors
";

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    use lexopt::prelude::*;
    let (mut model, mut top, mut logits_to) = (PathBuf::from("www/data/models/mini-4x256"), 5, None);
    let mut texts: Vec<String> = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("model") => model = parser.value()?.into(),
            Long("top") => top = parser.value()?.parse()?,
            Long("logits") => logits_to = Some(PathBuf::from(parser.value()?)),
            Value(text) => texts.push(text.string()?),
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if texts.is_empty() {
        return Err("at least one text is needed; --help says more".into());
    }
    pollster::block_on(fill(&model, &texts, top, logits_to))
}

async fn fill(
    folder: &std::path::Path,
    texts: &[String],
    top: usize,
    logits_to: Option<PathBuf>,
) -> Result<(), Failure> {
    let device = Device::flex();
    let file = |name: &str| {
        std::fs::read(folder.join(name)).map_err(|error| format!("{}: {error}", folder.join(name).display()))
    };
    let (config, weights, tokenizer) = (file("config.json")?, file("model.safetensors")?, file("tokenizer.json")?);
    let pretrained = Pretrained::new(&folder.display().to_string(), &config, &weights, &tokenizer, &device)?;
    let mask_id = pretrained.tokenizer.vocabulary()?.mask_id;
    let model = pretrained.model(2, 0, &device)?;
    if model.mlm_head.is_none() {
        return Err("this model has no masked-language-model head".into());
    }
    let words = pretrained.tokenizer.cut_to(pretrained.config.max_position_embeddings)?;
    let mut kept: Vec<(String, HostTensor)> = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let encoding = words.encode(text, None)?;
        let every: Vec<usize> = (0..encoding.ids.len()).collect();
        let batch = Batch::new(&[(&encoding.ids, &encoding.type_ids)], words.pad_id(), &device);
        let logits = read(model.predict_masked(&batch, &every, &Off)).await?;
        println!("{text}");
        for position in every.iter().filter(|&&p| encoding.ids[p] == mask_id) {
            let row = &logits[position * pretrained.config.vocab_size..][..pretrained.config.vocab_size];
            let shares = probabilities(row);
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
            let best =
                order.iter().take(top).map(|&id| format!("{} {:.1} %", words.token(id as u32), 100.0 * shares[id]));
            println!("  {}", best.collect::<Vec<_>>().join("   "));
        }
        let tokens = encoding.ids.len();
        let ids = encoding.ids.iter().map(|&id| id as f32).collect();
        kept.push((format!("ids.{i}"), HostTensor { shape: vec![tokens], values: ids }));
        let shape = vec![tokens, pretrained.config.vocab_size];
        kept.push((format!("logits.{i}"), HostTensor { shape, values: logits }));
    }
    if let Some(path) = logits_to {
        std::fs::write(path, checkpoint::to_safetensors(&kept)?)?;
    }
    Ok(())
}
