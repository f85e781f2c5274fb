//! Fisher information of the task's own loss: the labels of training rows, as Child-Tuning (Xu et al. 2021, arXiv 2109.05687) has it, instead of
//! masked tokens of plain prose.
//!
//! L_i is the cross-entropy of the label of text i, or the squared error of its score, under a head that is not trained yet. The rest is as in
//! the rest of this folder: each text's own gradient is squared, dropout is off, and the tensors are those of embeddings and encoder.

use super::taps::{Taps, Texts};
use super::{Text, TextFisher, is_kept, means_of, read_texts};
use crate::data::dataset::Task;
use crate::error::Result;
use crate::kernels::log_softmax;
use crate::models::checkpoint;
use crate::models::config::ModelConfig;
use crate::models::hooks::{Hooks, Off};
use crate::models::transformer::{Batch, Model};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// A text with its label.
#[derive(Debug, Clone)]
pub struct LabelledText {
    /// Its tokens, and its place among the labelled texts.
    pub text: Text,
    /// A class number, or a score.
    pub target: f32,
}

/// The loss of each text, `[B]`.
fn losses(model: &Model, texts: &[LabelledText], task: Task, hooks: &impl Hooks, device: &Device) -> Tensor<1> {
    let rows: Vec<(&[u32], &[u32])> = texts.iter().map(row).collect();
    let logits = model.classify(&Batch::new(&rows, 0, device), hooks);
    let b = texts.len();
    match task {
        Task::Classification => {
            let classes: Vec<i32> = texts.iter().map(|t| t.target as i32).collect();
            let classes = Tensor::<2, Int>::from_data(TensorData::new(classes, [b, 1]), &logits.device());
            log_softmax(logits).gather(1, classes).squeeze_dim::<1>(1).neg()
        }
        Task::Regression => {
            let scores: Vec<f32> = texts.iter().map(|t| t.target).collect();
            let scores = Tensor::<2>::from_data(TensorData::new(scores, [b, 1]), &logits.device());
            (logits - scores).square().squeeze_dim::<1>(1)
        }
    }
}

fn row(text: &LabelledText) -> (&[u32], &[u32]) {
    (&text.text.encoding.ids, &text.text.encoding.type_ids)
}

/// The gradient of one text's loss, squared, tensor by tensor; and that loss. One backward pass for one text: the plain form, kept as the oracle of
/// [`labelled_mean_squares`].
pub fn labelled_squared_gradients(
    model: &Model,
    text: &LabelledText,
    task: Task,
    device: &Device,
) -> (Tensor<1>, Vec<checkpoint::NamedTensor>) {
    let loss = losses(model, std::slice::from_ref(text), task, &Off, device);
    let gradients = loss.clone().sum().backward();
    let mut squares = checkpoint::gradients(model, &gradients);
    squares.retain(|t| is_kept(&t.name));
    for tensor in &mut squares {
        tensor.flat = tensor.flat.clone().square();
    }
    (loss.inner(), squares)
}

/// For each text its loss, and for each tensor of [`super::tensor_names`] the mean of its squared gradient: `[B]` each, from one backward pass, as
/// [`super::mean_squares`] has it. Padding is never attended to, so its id does not matter.
pub fn labelled_mean_squares(
    model: &Model,
    config: &ModelConfig,
    texts: &[LabelledText],
    task: Task,
    device: &Device,
) -> (Tensor<1>, Vec<Tensor<1>>) {
    let rows: Vec<(&[u32], &[u32])> = texts.iter().map(row).collect();
    let taps = Taps::new(config.layer_norm_eps, model.kernels().products);
    let losses = losses(model, texts, task, &taps, device);
    let means = means_of(losses.clone(), taps, &Texts::new(&rows, None, &device.clone().without_autodiff()), config);
    (losses.inner(), means)
}

/// Fisher information of some labelled texts together.
///
/// # Errors
/// As [`super::of_texts`].
pub async fn of_labelled_texts(
    model: &Model,
    config: &ModelConfig,
    texts: &[LabelledText],
    task: Task,
    device: &Device,
) -> Result<Vec<TextFisher>> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let indices: Vec<usize> = texts.iter().map(|t| t.text.index).collect();
    read_texts(&indices, labelled_mean_squares(model, config, texts, task, device)).await
}
