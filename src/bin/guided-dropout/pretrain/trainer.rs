//! The model under training, its loss and its checkpoints.

use crate::{Failure, files};
use burn::tensor::{Device, Tensor};
use guided_dropout_lab::data::masking;
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::models::checkpoint::{self, Checkpoint, HostTensor, read};
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::hooks::{Hooks, Off};
use guided_dropout_lab::models::transformer::{Batch, Model, cross_entropy};
use guided_dropout_lab::training::adamw::AdamW;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Weights as BERT begins with: N(0, 0.02²), biases 0, LayerNorm gains 1.
pub fn random_checkpoint(config: &ModelConfig, seed: u32) -> Checkpoint {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(u64::from(seed));
    let mut normal = || {
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        (0.02 * radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
    };
    let mut checkpoint = Checkpoint::default();
    let shapes = checkpoint::encoder_shapes(config).into_iter().chain(checkpoint::lm_head_shapes(config));
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
pub struct State {
    pub step: usize,
    held_out_loss: Option<f64>,
    held_out_accuracy: Option<f64>,
}

pub struct Trainer {
    pub out: PathBuf,
    pub tokenizer: Tokenizer,
    pub device: Device,
}

impl Trainer {
    /// A batch's masked-language-model loss; `seed` draws its masks.
    pub fn loss(&self, model: &Model, rows: &[&[u32]], seed: u64, hooks: &impl Hooks) -> Result<Masked, Failure> {
        let vocabulary = self.tokenizer.vocabulary()?;
        let longest = rows.iter().map(|r| r.len()).max().unwrap_or(0);
        let (mut ids, mut positions, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        for (b, row) in rows.iter().enumerate() {
            let mut special = vec![false; row.len()];
            (special[0], special[row.len() - 1]) = (true, true);
            let masked = masking::mask(row, &special, vocabulary, masking::MASKED_SHARE, seed ^ ((b as u64) << 48));
            positions.extend(masked.positions.iter().map(|p| b * longest + p));
            targets.extend(masked.targets);
            ids.push(masked.ids);
        }
        let kinds = vec![0u32; longest];
        let rows: Vec<(&[u32], &[u32])> = ids.iter().map(|r| (r.as_slice(), &kinds[..r.len()])).collect();
        let batch = Batch::new(&rows, self.tokenizer.pad_id(), &self.device);
        let logits = model.predict_tokens(&batch, &positions, hooks);
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

    /// Writes the folder; `state.json` last, so that a crash in between repeats some steps and loses none.
    pub fn save(
        &self,
        model: &Model,
        optimizer: &mut AdamW,
        config: &ModelConfig,
        step: usize,
        held_out: &[Vec<u32>],
    ) -> Result<(), Failure> {
        let replace = |name: &str, bytes: &[u8]| files::replace("--out", &self.out.join(name), bytes);
        replace("optimizer.bpk", &optimizer.burn().expect("burn's form").into_bytes()?)?;
        let mut tensors = pollster::block_on(checkpoint::host_tensors(model))?;
        tensors.retain(|(name, _)| !name.starts_with("classifier."));
        replace("model.safetensors", &checkpoint::to_safetensors(&tensors)?)?;
        let mut json = serde_json::to_value(config)?;
        json["architectures"] = serde_json::json!(["BertForMaskedLM"]);
        json["pad_token_id"] = self.tokenizer.pad_id().into();
        replace("config.json", &serde_json::to_vec_pretty(&json)?)?;
        let mut state = State { step, ..State::default() };
        if !held_out.is_empty() {
            let (loss, accuracy) = self.held_out(model, held_out)?;
            (state.held_out_loss, state.held_out_accuracy) = (Some(loss), Some(accuracy));
            eprintln!("step {step}: held-out loss {loss:.3} nats, accuracy {:.1} %", 100.0 * accuracy);
        }
        replace("state.json", &serde_json::to_vec(&state)?)
    }
}

pub struct Masked {
    pub loss: Tensor<1>,
    logits: Tensor<2>,
    targets: Vec<u32>,
}
