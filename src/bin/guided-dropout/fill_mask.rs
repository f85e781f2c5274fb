//! `fill-mask`: the likeliest words behind `[MASK]`.

use crate::{Failure, model_folder};
use burn::tensor::Device;
use guided_dropout_lab::models::checkpoint::read;
use guided_dropout_lab::models::hooks::Off;
use guided_dropout_lab::models::transformer::Batch;
use guided_dropout_lab::training::evaluation::probabilities;
use serde::Serialize;
use std::path::PathBuf;

/// Show the likeliest words behind [MASK] in each text
#[derive(clap::Args)]
pub struct Arguments {
    /// Texts, each with [MASK] at least once
    #[arg(required = true)]
    texts: Vec<String>,
    /// Folder with config.json, model.safetensors (or its shards), and tokenizer.json or vocab.txt
    #[arg(long, value_name = "DIR", default_value = model_folder::BUILT_IN)]
    model: PathBuf,
    /// Words shown for each mask
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,
}

#[derive(Serialize)]
struct Filled<'a> {
    text: &'a str,
    /// For each mask, in order.
    masks: Vec<Vec<Word>>,
}

#[derive(Serialize)]
struct Word {
    token: String,
    probability: f64,
}

/// Predicts and prints.
pub async fn run(Arguments { texts, model: folder, top }: &Arguments, json: bool) -> Result<(), Failure> {
    let device = Device::flex();
    let files = model_folder::read("--model", folder)?;
    let pretrained = model_folder::load("--model", folder, &files, &device)?;
    model_folder::say_ignored(folder, &files);
    if pretrained.config.family.layout().is_causal {
        let expected = "a model that fills in [MASK] from both sides, such as one of BERT, DistilBERT, RoBERTa, ELECTRA or ModernBERT";
        let got = "one that predicts the next token and has no [MASK] (its logits: `guided-dropout logits`)";
        return Err(format!("--model {}: expected {expected}, got {got}", folder.display()).into());
    }
    let mask_id = pretrained.tokenizer.vocabulary()?.mask_id;
    let model = pretrained.model(2, 0, &device)?;
    if model.mlm_head.is_none() {
        return Err(format!("--model {}: this model has no masked-language-model head", folder.display()).into());
    }
    let tokenizer = pretrained.tokenizer.cut_to(pretrained.config.max_tokens())?;
    let mut all = Vec::new();
    for text in texts {
        let encoding = tokenizer.encode(text, None)?;
        let positions: Vec<usize> = (0..encoding.ids.len()).filter(|&p| encoding.ids[p] == mask_id).collect();
        if positions.is_empty() {
            return Err(format!("TEXT {text:?}: expected [MASK] at least once, got none").into());
        }
        let batch = Batch::new(&[(&encoding.ids, &encoding.type_ids)], tokenizer.pad_id(), &device);
        let logits = read(model.predict_tokens(&batch, &positions, &Off)).await?;
        let masks = logits.chunks(pretrained.config.vocab_size).map(|row| {
            let probabilities = probabilities(row);
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
            let word = |&id: &usize| Word { token: tokenizer.token(id as u32), probability: probabilities[id] };
            order.iter().take(*top).map(word).collect::<Vec<Word>>()
        });
        all.push(Filled { text, masks: masks.collect() });
    }
    if json {
        println!("{}", serde_json::to_string(&all)?);
        return Ok(());
    }
    for Filled { text, masks } in all {
        println!("{text}");
        for words in masks {
            let best = words.iter().map(|w| format!("{} {:.1} %", w.token, 100.0 * w.probability));
            println!("  {}", best.collect::<Vec<_>>().join("   "));
        }
    }
    Ok(())
}
