//! Makes a model from plain text: trains a WordPiece tokenizer, then the lab's own encoder by masked-language modelling.
//!
//! The folder that it writes is what the page loads, and what Hugging Face transformers opens as `BertForMaskedLM`.
//! It is checkpointed every few hundred steps; the same command run again goes on from there. Texts are cut into
//! windows of whole tokens and masked anew each time they come by (RoBERTa's dynamic masking).

use burn::tensor::{Device, Tensor};
use guided_dropout_lab::data::masking;
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::method::dropout::{SiteNoise, StepNoise};
use guided_dropout_lab::method::schedule::{ArmRates, NoiseKind, SiteRate};
use guided_dropout_lab::models::bert::{Batch, Model, ModelConfig, cross_entropy};
use guided_dropout_lab::models::checkpoint::{self, Checkpoint, HostTensor, read};
use guided_dropout_lab::models::hooks::{Hooks, Off};
use guided_dropout_lab::models::site::Site;
use guided_dropout_lab::training::adamw::AdamW;
use guided_dropout_lab::training::train::Recipe;
use indicatif::{ProgressBar, ProgressStyle};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use tokenizers::models::wordpiece::{WordPiece, WordPieceTrainer};
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{AddedToken, TokenizerBuilder};

const USAGE: &str = "\
pretrain TEXT… --out DIR [options]     pretrains a masked language model on plain text, a paragraph a line

  --vocabulary N     entries of the tokenizer, if DIR has none yet   [8192]
  --layers N  --width N  --heads N  --positions N                    [4  256  8  128]
  --steps N          optimisation steps in all                       [20000]
  --batch-size N  --max-tokens N  --learning-rate X  --dropout X     [32  64  5e-4  0.1]
  --seed N           of initial weights, order and masks             [1]
  --held-out FILE    text to report the loss on, never trained on";

type Failure = Box<dyn std::error::Error + Send + Sync>;
type WordPieceTokenizer = tokenizers::TokenizerImpl<
    WordPiece,
    BertNormalizer,
    BertPreTokenizer,
    TemplateProcessing,
    tokenizers::decoders::wordpiece::WordPiece,
>;

/// Steps between checkpoints.
const CHECKPOINT_STEPS: usize = 250;
/// Windows of the held-out text that the loss is measured on.
const HELD_OUT_WINDOWS: usize = 256;

#[derive(Clone)]
struct Options {
    texts: Vec<PathBuf>,
    out: PathBuf,
    held_out: Option<PathBuf>,
    vocabulary: usize,
    layers: usize,
    width: usize,
    heads: usize,
    positions: usize,
    steps: usize,
    batch_size: usize,
    max_tokens: usize,
    learning_rate: f64,
    dropout: f64,
    seed: u32,
}

fn options() -> Result<Options, Failure> {
    use lexopt::prelude::*;
    let mut o = Options {
        texts: Vec::new(),
        out: PathBuf::new(),
        held_out: None,
        vocabulary: 8192,
        layers: 4,
        width: 256,
        heads: 8,
        positions: 128,
        steps: 20_000,
        batch_size: 32,
        max_tokens: 64,
        learning_rate: 5e-4,
        dropout: 0.1,
        seed: 1,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(text) => o.texts.push(text.into()),
            Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            Long("out") => o.out = parser.value()?.into(),
            Long("held-out") => o.held_out = Some(parser.value()?.into()),
            Long("vocabulary") => o.vocabulary = parser.value()?.parse()?,
            Long("layers") => o.layers = parser.value()?.parse()?,
            Long("width") => o.width = parser.value()?.parse()?,
            Long("heads") => o.heads = parser.value()?.parse()?,
            Long("positions") => o.positions = parser.value()?.parse()?,
            Long("steps") => o.steps = parser.value()?.parse()?,
            Long("batch-size") => o.batch_size = parser.value()?.parse()?,
            Long("max-tokens") => o.max_tokens = parser.value()?.parse()?,
            Long("learning-rate") => o.learning_rate = parser.value()?.parse()?,
            Long("dropout") => o.dropout = parser.value()?.parse()?,
            Long("seed") => o.seed = parser.value()?.parse()?,
            other => return Err(format!("{}\n\n{USAGE}", other.unexpected()).into()),
        }
    }
    if o.texts.is_empty() || o.out.as_os_str().is_empty() {
        return Err(USAGE.into());
    }
    Ok(o)
}

/// BERT's uncased tokenizer with a vocabulary of its own. The trainer breaks ties by hash order, so the same text can
/// give another vocabulary: the file is made once and kept.
fn train_tokenizer(o: &Options) -> Result<Vec<u8>, Failure> {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let template = TemplateProcessing::builder()
        .try_single("[CLS] $A [SEP]")?
        .try_pair("[CLS] $A [SEP] $B:1 [SEP]:1")?
        .special_tokens(vec![("[CLS]", 2), ("[SEP]", 3)])
        .build()?;
    let mut tokenizer: WordPieceTokenizer = TokenizerBuilder::new()
        .with_model(WordPiece::builder().unk_token("[UNK]".into()).build()?)
        .with_normalizer(Some(BertNormalizer::default()))
        .with_pre_tokenizer(Some(BertPreTokenizer))
        .with_post_processor(Some(template))
        .with_decoder(Some(tokenizers::decoders::wordpiece::WordPiece::default()))
        .build()?;
    let mut trainer = WordPieceTrainer::builder()
        .vocab_size(o.vocabulary)
        .show_progress(false)
        .special_tokens(special.iter().map(|s| AddedToken::from(*s, true)).collect())
        .build();
    let texts: Vec<String> = o.texts.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
    tokenizer.train(&mut trainer, texts.iter().flat_map(|t| t.lines()))?;
    Ok(tokenizer.to_string(true)?.into_bytes())
}

/// Paragraphs cut into windows of whole tokens, `[CLS]` and `[SEP]` around each.
fn windows(paths: &[PathBuf], tokenizer: &Tokenizer, max_tokens: usize) -> Result<Vec<Vec<u32>>, Failure> {
    let mut windows = Vec::new();
    for path in paths {
        for line in fs::read_to_string(path)?.lines().filter(|l| l.split_whitespace().count() >= 8) {
            let ids = tokenizer.encode(line, None)?.ids;
            let (first, last) = (ids[0], ids[ids.len() - 1]);
            for chunk in ids[1..ids.len() - 1].chunks(max_tokens - 2).filter(|c| c.len() >= 8) {
                windows.push([&[first], chunk, &[last]].concat());
            }
        }
    }
    Ok(windows)
}

/// Weights as BERT begins with: N(0, 0.02²), biases 0, LayerNorm gains 1.
fn random_checkpoint(config: &ModelConfig, seed: u32) -> Checkpoint {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(u64::from(seed));
    let mut normal = || {
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        (0.02 * radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
    };
    let mut checkpoint = Checkpoint::default();
    let shapes = checkpoint::encoder_shapes(config).into_iter().chain(checkpoint::mlm_head_shapes(config));
    for (name, shape) in shapes {
        let count = shape.iter().product();
        let values = if name.ends_with("LayerNorm.weight") {
            vec![1.0; count]
        } else if name.ends_with("bias") {
            vec![0.0; count]
        } else {
            std::iter::repeat_with(&mut normal).take(count).collect()
        };
        checkpoint.insert(name, HostTensor { shape, values });
    }
    checkpoint
}

/// Where training stands, besides the weights and AdamW's moments.
#[derive(Default, Serialize, Deserialize)]
struct State {
    step: usize,
    held_out_loss: Option<f64>,
    held_out_accuracy: Option<f64>,
}

struct Trainer {
    options: Options,
    tokenizer: Tokenizer,
    device: Device,
}

impl Trainer {
    /// A batch's masked-language-model loss; `seed` draws its masks.
    fn loss(&self, model: &Model, rows: &[&[u32]], seed: u64, hooks: &impl Hooks) -> Result<Masked, Failure> {
        let vocabulary = self.tokenizer.vocabulary()?;
        let longest = rows.iter().map(|r| r.len()).max().unwrap_or(0);
        let (mut ids, mut positions, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        for (b, row) in rows.iter().enumerate() {
            let mut special = vec![false; row.len()];
            (special[0], special[row.len() - 1]) = (true, true);
            let masked = masking::mask(row, &special, vocabulary, seed ^ ((b as u64) << 48));
            positions.extend(masked.positions.iter().map(|p| b * longest + p));
            targets.extend(masked.targets);
            ids.push(masked.ids);
        }
        let kinds = vec![0u32; longest];
        let rows: Vec<(&[u32], &[u32])> = ids.iter().map(|r| (r.as_slice(), &kinds[..r.len()])).collect();
        let batch = Batch::new(&rows, self.tokenizer.pad_id(), &self.device);
        let logits = model.predict_masked(&batch, &positions, hooks);
        Ok(Masked { loss: cross_entropy(logits.clone(), &targets), logits, targets })
    }

    /// Mean loss in nats and accuracy over held-out windows, always masked alike.
    fn held_out(&self, model: &Model, windows: &[Vec<u32>]) -> Result<(f64, f64), Failure> {
        let (mut loss, mut right, mut count) = (0.0, 0.0, 0.0);
        for (i, chunk) in windows.chunks(32).enumerate() {
            let rows: Vec<&[u32]> = chunk.iter().map(Vec::as_slice).collect();
            let masked = self.loss(model, &rows, i as u64, &Off)?;
            let n = masked.targets.len() as f64;
            let answers = masked.logits.inner().argmax(1).flatten::<1>(0, 1).float();
            let answers = pollster::block_on(read(answers))?;
            loss += n * f64::from(pollster::block_on(read(masked.loss.inner()))?[0]);
            right += answers.iter().zip(&masked.targets).filter(|&(&a, &t)| a as u32 == t).count() as f64;
            count += n;
        }
        Ok((loss / count, right / count))
    }
}

struct Masked {
    loss: Tensor<1>,
    logits: Tensor<2>,
    targets: Vec<u32>,
}

fn main() {
    if let Err(error) = run() {
        eprintln!("pretrain: {error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Failure> {
    let o = options()?;
    fs::create_dir_all(&o.out)?;
    let path = |name: &str| o.out.join(name);
    if !path("tokenizer.json").exists() {
        eprintln!("training a tokenizer of {} entries", o.vocabulary);
        fs::write(path("tokenizer.json"), train_tokenizer(&o)?)?;
    }
    let tokenizer = Tokenizer::from_bytes(&fs::read(path("tokenizer.json"))?)?;
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
        model_type: "bert".into(),
    };
    let training = windows(&o.texts, &tokenizer, o.max_tokens)?;
    let held_out: Vec<PathBuf> = o.held_out.iter().cloned().collect();
    let mut held_out = windows(&held_out, &tokenizer, o.max_tokens)?;
    held_out.truncate(HELD_OUT_WINDOWS);
    let tokens: usize = training.iter().map(Vec::len).sum();
    eprintln!("{} windows, {tokens} tokens", training.len());

    let device = Device::flex().autodiff();
    let state: State =
        fs::read(path("state.json")).ok().map(|b| serde_json::from_slice(&b)).transpose()?.unwrap_or_default();
    let checkpoint = if state.step > 0 {
        Checkpoint::from_bytes(&fs::read(path("model.safetensors"))?)?
    } else {
        random_checkpoint(&config, o.seed)
    };
    let mut model = checkpoint.model(&config, 2, o.seed, &device)?.model;
    let mut optimizer = AdamW::on_device(0.01); // burn's form, since that one can be saved
    if state.step > 0 {
        eprintln!("going on from step {}", state.step);
        let moments = optimizer.burn().expect("burn's form");
        *moments = moments.clone().load(path("optimizer.bpk"))?;
    }
    let recipe = Recipe {
        epochs: o.steps,
        batch_size: o.batch_size,
        learning_rate: o.learning_rate,
        warmup_share: 0.05,
        weight_decay: 0.01,
        clip_norm: 1.0,
    };
    let rates = Site::all(o.layers).into_iter().map(|site| SiteRate { site, rate: o.dropout }).collect();
    let noise = SiteNoise::new(&ArmRates { noise: NoiseKind::Bernoulli, rates });
    let trainer = Trainer { options: o.clone(), tokenizer, device };
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
    Ok(())
}

impl Trainer {
    /// Writes the folder; `state.json` last, so that a crash in between repeats some steps and loses none.
    fn save(
        &self,
        model: &Model,
        optimizer: &mut AdamW,
        config: &ModelConfig,
        step: usize,
        held_out: &[Vec<u32>],
    ) -> Result<(), Failure> {
        let out = &self.options.out;
        replace(&out.join("optimizer.bpk"), &optimizer.burn().expect("burn's form").into_bytes()?)?;
        let mut tensors = pollster::block_on(checkpoint::host_tensors(model))?;
        tensors.retain(|(name, _)| !name.starts_with("classifier."));
        replace(&out.join("model.safetensors"), &checkpoint::to_safetensors(&tensors)?)?;
        let mut json = serde_json::to_value(config)?;
        json["architectures"] = serde_json::json!(["BertForMaskedLM"]);
        json["pad_token_id"] = self.tokenizer.pad_id().into();
        replace(&out.join("config.json"), &serde_json::to_vec_pretty(&json)?)?;
        let mut state = State { step, ..State::default() };
        if !held_out.is_empty() {
            let (loss, accuracy) = self.held_out(model, held_out)?;
            (state.held_out_loss, state.held_out_accuracy) = (Some(loss), Some(accuracy));
            eprintln!("step {step}: held-out loss {loss:.3} nats, accuracy {:.1} %", 100.0 * accuracy);
        }
        replace(&out.join("state.json"), &serde_json::to_vec(&state)?)
    }
}

/// Writes beside and renames, so that no reader ever sees half a file.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes)?;
    fs::rename(beside, path)?;
    Ok(())
}
