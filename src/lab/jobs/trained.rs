//! The fine-tuned model of a finished run: exported, restored, and used for predictions.

use crate::data::dataset::Task;
use crate::error::Result;
use crate::lab::{Lab, missing};
use crate::models::checkpoint::{self, Checkpoint};
use crate::models::onnx::{Precision, to_onnx};
use crate::models::transformer::Model;
use crate::training::evaluation::predict;
use crate::training::examples::Examples;

impl Lab {
    /// The model of the run that just ended, as the bytes of a `model.safetensors`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::error::ErrorKind::Config) if the last job was no run, or is not done.
    pub async fn export_model(&self) -> Result<Vec<u8>> {
        let model = self.finished.as_ref().ok_or_else(|| missing("a finished run"))?;
        checkpoint::to_safetensors(&checkpoint::host_tensors(model).await?)
    }

    /// A trained model from the bytes of [`Lab::export_model`], to predict single texts.
    ///
    /// # Errors
    /// As [`Checkpoint::from_bytes`] and [`Checkpoint::model`].
    pub fn load_trained(&self, bytes: &[u8]) -> Result<Model> {
        let config = &self.pretrained()?.config;
        let checkpoint = Checkpoint::from_bytes(bytes, config.family)?;
        let outputs = checkpoint.classes().ok_or_else(|| missing("a classifier in the trained model"))?;
        Ok(checkpoint.model(config, outputs, 0, &self.plain_device())?.model.by(self.kernels))
    }

    /// A trained model from the bytes of [`Lab::export_model`], as the bytes of an ONNX file.
    ///
    /// # Errors
    /// As [`Checkpoint::from_bytes`] and [`to_onnx`].
    pub fn trained_as_onnx(&self, bytes: &[u8], precision: Precision) -> Result<Vec<u8>> {
        let config = &self.pretrained()?.config;
        to_onnx(config, &Checkpoint::from_bytes(bytes, config.family)?, precision)
    }

    /// A trained model's prediction for one text or pair: its tokens, and one logit for each class or one score.
    ///
    /// # Errors
    /// Those of the tokenizer and of the device.
    pub async fn predict(
        &self,
        model: &Model,
        text: &str,
        pair: Option<&str>,
        max_tokens: usize,
    ) -> Result<(Vec<String>, Vec<f32>)> {
        let tokenizer = self.pretrained()?.tokenizer.cut_to(max_tokens)?;
        let encoding = tokenizer.encode(text, pair)?;
        let tokens = encoding.tokens.clone();
        let examples = Examples {
            encodings: vec![encoding],
            targets: vec![0.0],
            task: Task::Classification,
            outputs: 1,
            pad_id: tokenizer.pad_id(),
            class_weights: None,
        };
        let mut predictions = predict(model, &examples, &[0], &self.plain_device()).await?;
        Ok((tokens, predictions.remove(0)))
    }
}
