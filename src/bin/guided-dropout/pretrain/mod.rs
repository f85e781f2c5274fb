//! `pretrain`: a model from plain text. Trains a WordPiece tokenizer, then the lab's own encoder by masked-language modelling.
//!
//! The folder that it writes is what the page loads, and what Hugging Face transformers opens as `BertForMaskedLM`.

mod texts;
mod trainer;

use crate::{Failure, files};
use burn::tensor::Device;
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::method::dropout::{SiteNoise, StepNoise};
use guided_dropout_lab::method::rates::{ArmRates, NoiseKind};
use guided_dropout_lab::method::schedule::SiteRate;
use guided_dropout_lab::models::checkpoint::{Checkpoint, read};
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::family::Family;
use guided_dropout_lab::models::site::Site;
use guided_dropout_lab::training::adamw::AdamW;
use guided_dropout_lab::training::recipe::{LearningRateSchedule, Recipe};
use indicatif::{ProgressBar, ProgressStyle};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::fs;
use std::path::PathBuf;
use texts::{train_tokenizer, windows};
use trainer::{State, Trainer, random_checkpoint};

/// Steps between checkpoints.
const CHECKPOINT_STEPS: usize = 250;
/// Windows of the held-out text that the loss is measured on.
const HELD_OUT_WINDOWS: usize = 256;
/// The files of `--out`.
const OUTPUTS: [&str; 5] = ["config.json", "model.safetensors", "tokenizer.json", "state.json", "optimizer.bpk"];

/// Pretrain a masked language model on plain text, a paragraph a line
///
/// Texts are cut into windows of whole tokens and masked anew each time they come by (RoBERTa's dynamic masking). The folder is
/// checkpointed every 250 steps; the same command run again resumes from there.
#[derive(clap::Args)]
pub struct Arguments {
    /// Plain text files
    #[arg(required = true, value_name = "TEXT")]
    texts: Vec<PathBuf>,
    /// Folder of the model; a tokenizer.json in it is used
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Text to report the loss on, never trained on
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// Entries of the tokenizer, if DIR has none yet
    #[arg(long, value_name = "N", default_value_t = 8192)]
    vocabulary: usize,
    #[arg(long, value_name = "N", default_value_t = 4)]
    layers: usize,
    /// Hidden size
    #[arg(long, value_name = "N", default_value_t = 256)]
    width: usize,
    /// Attention heads
    #[arg(long, value_name = "N", default_value_t = 8)]
    heads: usize,
    /// Maximum length that the model can read, in tokens
    #[arg(long, value_name = "N", default_value_t = 128)]
    positions: usize,
    /// Optimisation steps in all
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    steps: usize,
    /// Windows a step
    #[arg(long, value_name = "N", default_value_t = 32)]
    batch_size: usize,
    /// Tokens of a window
    #[arg(long, value_name = "N", default_value_t = 64)]
    max_tokens: usize,
    /// Peak learning rate
    #[arg(long, value_name = "X", default_value_t = 5e-4)]
    learning_rate: f64,
    /// Dropout rate at every site
    #[arg(long, value_name = "X", default_value_t = 0.1)]
    dropout: f64,
    /// Seed of initial weights, order and masks
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u32,
}

impl Arguments {
    /// # Errors
    /// A shape that no model has, or a text that would be overwritten.
    fn check(&self) -> Result<(), Failure> {
        let refuse = |option: &str, expected: String, got: &dyn std::fmt::Display| {
            Err(Failure::from(format!("{option}: expected {expected}, got {got}")))
        };
        for (option, value) in [("--layers", self.layers), ("--heads", self.heads), ("--batch-size", self.batch_size)] {
            if value == 0 {
                return refuse(option, "at least 1".into(), &value);
            }
        }
        if self.width == 0 || !self.width.is_multiple_of(self.heads) {
            return refuse("--width", format!("a multiple of {} heads", self.heads), &self.width);
        }
        if !(10..=self.positions).contains(&self.max_tokens) {
            return refuse("--max-tokens", format!("10 to --positions {}", self.positions), &self.max_tokens);
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return refuse("--dropout", "0 to below 1".into(), &self.dropout);
        }
        let held_out = self.held_out.iter().map(|path| ("--held-out", path.as_path()));
        let inputs: Vec<_> = self.texts.iter().map(|path| ("TEXT", path.as_path())).chain(held_out).collect();
        OUTPUTS.iter().try_for_each(|name| files::refuse_overwriting("--out", &self.out.join(name), &inputs))
    }
}

/// Trains, with a checkpoint now and then.
pub fn run(o: Arguments, json: bool) -> Result<(), Failure> {
    o.check()?;
    fs::create_dir_all(&o.out).map_err(|error| format!("--out {}: {error}", o.out.display()))?;
    let path = |name: &str| o.out.join(name);
    if !path("tokenizer.json").exists() {
        eprintln!("training a tokenizer of {} entries", o.vocabulary);
        files::replace("--out", &path("tokenizer.json"), &train_tokenizer(&o.texts, o.vocabulary)?)?;
    }
    let tokenizer = Tokenizer::from_bytes(&files::read("--out", &path("tokenizer.json"))?)?;
    let config = ModelConfig {
        vocab_size: tokenizer.vocabulary_size(),
        hidden_size: o.width,
        num_hidden_layers: o.layers,
        num_attention_heads: o.heads,
        intermediate_size: 4 * o.width,
        max_position_embeddings: o.positions,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        hidden_act: "gelu".into(),
        family: Family::Bert,
        embedding_size: None,
        attention: Vec::new(),
        pooling: Default::default(),
        shipped: None,
        pad_token_id: None,
        is_decoder: false,
        id2label: serde_json::Value::Null,
    };
    let training = windows("TEXT", &o.texts, &tokenizer, o.max_tokens)?;
    let held_out: Vec<PathBuf> = o.held_out.iter().cloned().collect();
    let mut held_out = windows("--held-out", &held_out, &tokenizer, o.max_tokens)?;
    held_out.truncate(HELD_OUT_WINDOWS);
    let tokens: usize = training.iter().map(Vec::len).sum();
    eprintln!("{} windows, {tokens} tokens", training.len());
    if training.is_empty() {
        return Err("TEXT: expected a line of at least 8 words, got none".into());
    }

    let device = Device::flex().autodiff();
    let state: State =
        fs::read(path("state.json")).ok().map(|b| serde_json::from_slice(&b)).transpose()?.unwrap_or_default();
    let checkpoint = if state.step > 0 {
        Checkpoint::from_bytes(&files::read("--out", &path("model.safetensors"))?, config.family)?
    } else {
        random_checkpoint(&config, o.seed)
    };
    let mut model = checkpoint.model(&config, 2, o.seed, &device)?.model;
    let mut optimizer = AdamW::on_device(0.01); // burn's form, since that one can be saved
    if state.step > 0 {
        eprintln!("resuming from step {}", state.step);
        let moments = optimizer.burn().expect("burn's form");
        *moments = moments.clone().load(path("optimizer.bpk"))?;
    }
    let recipe = Recipe {
        epochs: o.steps,
        batch_size: o.batch_size,
        micro_batch_size: o.batch_size,
        learning_rate: o.learning_rate,
        schedule: LearningRateSchedule::Linear,
        warmup_fraction: 0.05,
        weight_decay: 0.01,
        clip_norm: 1.0,
    };
    let rates = Site::all(o.layers).into_iter().map(|site| SiteRate { site, rate: o.dropout }).collect();
    let noise = SiteNoise::new(&ArmRates { noise: NoiseKind::Bernoulli, rates });
    let trainer = Trainer { out: o.out.clone(), tokenizer, device };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} steps, {elapsed} so far, {eta} left, {msg}")?;
    let bar = ProgressBar::new(o.steps as u64).with_style(style).with_position(state.step as u64);
    bar.reset_eta();
    for step in state.step..o.steps {
        // Drawn by the step's number, so a resumed run sees the same batches.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64((u64::from(o.seed) << 32) | step as u64);
        let rows: Vec<&[u32]> =
            (0..o.batch_size).map(|_| training[rng.random_range(0..training.len())].as_slice()).collect();
        let dropout = StepNoise { arm: &noise, seed: o.seed, step: step as u32 };
        let masked = trainer.loss(&model, &rows, rng.random(), &dropout)?;
        let learning_rate = recipe.learning_rate_at(step, o.steps);
        let (updated, _) = optimizer.update(model, &masked.loss, learning_rate, recipe.clip_norm);
        model = updated;
        bar.inc(1);
        if (step + 1) % 10 == 0 {
            bar.set_message(format!("loss {:.3}", pollster::block_on(read(masked.loss.inner()))?[0]));
        }
        if (step + 1) % CHECKPOINT_STEPS == 0 || step + 1 == o.steps {
            trainer.save(&model, &mut optimizer, &config, step + 1, &held_out)?;
        }
    }
    bar.finish();
    if json {
        println!("{}", String::from_utf8(files::read("--out", &path("state.json"))?)?);
    }
    Ok(())
}
