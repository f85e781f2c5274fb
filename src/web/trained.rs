//! Fine-tuned models for JavaScript: exported, restored, and used for predictions.

use super::WasmLab;
use super::values::{from_js, js_error, to_js};
use crate::error::{Error, ErrorKind, Place};
use crate::models::transformer::Model;
use crate::training::evaluation::probabilities;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A trained model that predicts single texts.
pub(super) struct Trained {
    model: Model,
    is_classifier: bool,
    /// As its texts were cut.
    max_tokens: usize,
}

#[derive(Serialize)]
struct Prediction {
    tokens: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probabilities: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
}

#[wasm_bindgen(js_class = Lab)]
impl WasmLab {
    /// The model of the run that just ended, as a `model.safetensors`.
    #[wasm_bindgen(js_name = exportModel)]
    pub async fn export_model(&self) -> Result<Vec<u8>, JsValue> {
        self.lab.export_model().await.map_err(js_error)
    }

    /// Keeps a trained model under `slot`, to predict single texts, cut as those that it was trained on.
    #[wasm_bindgen(js_name = loadTrained)]
    pub fn load_trained(
        &mut self,
        slot: String,
        bytes: &[u8],
        #[wasm_bindgen(unchecked_param_type = "string[]")] labels: JsValue,
        max_tokens: usize,
    ) -> Result<(), JsValue> {
        let labels: Vec<String> = from_js("labels", labels)?;
        let model = self.lab.load_trained(bytes).map_err(js_error)?;
        self.trained.insert(slot, Trained { model, is_classifier: !labels.is_empty(), max_tokens });
        Ok(())
    }

    /// A trained model's prediction for one text or pair.
    #[wasm_bindgen(unchecked_return_type = "Prediction")]
    pub async fn predict(&self, slot: String, text: String, pair: Option<String>) -> Result<JsValue, JsValue> {
        let trained = self.trained.get(&slot).ok_or_else(|| {
            let place = Place::named("predict").column(&slot);
            js_error(Error::new(ErrorKind::Config, place, "a trained model", "none"))
        })?;
        let predicted = self.lab.predict(&trained.model, &text, pair.as_deref(), trained.max_tokens).await;
        let (tokens, logits) = predicted.map_err(js_error)?;
        to_js(&if trained.is_classifier {
            Prediction { tokens, probabilities: Some(probabilities(&logits)), score: None }
        } else {
            Prediction { tokens, probabilities: None, score: logits.first().copied() }
        })
    }
}
