//! Fine-tuned models for JavaScript: exported, restored, and used for predictions of a text or of a file's rows.

use super::WasmLab;
use super::values::{from_js, js_error, to_js};
use crate::data::dataset::{ReadOptions, UnlabelledLayout, UsualColumns};
use crate::error::{Error, ErrorKind, Place};
use crate::lab::Labelling;
use crate::lab::card::model_card;
use crate::models::onnx::Precision;
use crate::models::transformer::Model;
use crate::training::evaluation::probabilities;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A file whose rows trained models are answering.
pub(super) struct LabellingOf {
    slots: Vec<String>,
    labelling: Labelling,
}

#[derive(Serialize)]
struct UnlabelledView<'a> {
    #[serde(flatten)]
    layout: &'a UnlabelledLayout,
    added: &'a [String],
}

/// A trained model that predicts texts.
pub(super) struct Trained {
    model: Model,
    /// Of a regression none.
    labels: Vec<String>,
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
        self.trained.insert(slot, Trained { model, labels, max_tokens });
        Ok(())
    }

    /// A trained model, as the bytes of an ONNX file; with `rounded`, its weights in int8.
    #[wasm_bindgen(js_name = toOnnx)]
    pub fn to_onnx(&self, bytes: &[u8], rounded: bool) -> Result<Vec<u8>, JsValue> {
        let precision = if rounded { Precision::Int8 } else { Precision::Full };
        self.lab.trained_as_onnx(bytes, precision).map_err(js_error)
    }

    /// The model card of an arm's model, from `results.json`: README.md of the folder that it is exported in.
    #[wasm_bindgen(js_name = modelCard)]
    pub fn model_card(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Results")] results: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Arm")] arm: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Package")] package: JsValue,
    ) -> Result<String, JsValue> {
        let results: serde_json::Value = from_js("results", results)?;
        model_card(&results, from_js("arm", arm)?, from_js("package", package)?).map_err(js_error)
    }

    /// A trained model's prediction for one text or pair.
    #[wasm_bindgen(unchecked_return_type = "Prediction")]
    pub async fn predict(&self, slot: String, text: String, pair: Option<String>) -> Result<JsValue, JsValue> {
        let trained = self.trained(&slot)?;
        let predicted = self.lab.predict(&trained.model, &text, pair.as_deref(), trained.max_tokens).await;
        let (tokens, logits) = predicted.map_err(js_error)?;
        to_js(&if trained.labels.is_empty() {
            Prediction { tokens, probabilities: None, score: logits.first().copied() }
        } else {
            Prediction { tokens, probabilities: Some(probabilities(&logits)), score: None }
        })
    }
    /// Understands a file of texts without labels by its beginning, for the models of `slots` to answer; the first one says how long texts may be.
    #[wasm_bindgen(js_name = openUnlabelled, unchecked_return_type = "UnlabelledView")]
    pub fn open_unlabelled(
        &mut self,
        slots: Vec<String>,
        head: &[u8],
        is_whole: bool,
        #[wasm_bindgen(unchecked_param_type = "ReadOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_param_type = "UsualColumns")] usual: JsValue,
    ) -> Result<JsValue, JsValue> {
        let options: ReadOptions = from_js("options", options)?;
        let usual: UsualColumns = from_js("usual", usual)?;
        let Trained { labels, max_tokens, .. } = self.trained(slots.first().map_or("", String::as_str))?;
        let answering = (labels.clone(), *max_tokens);
        let opened = self.lab.open_unlabelled((head, is_whole), &options, &usual, answering);
        let LabellingOf { labelling, .. } =
            self.labelling.insert(LabellingOf { slots, labelling: opened.map_err(js_error)? });
        to_js(&UnlabelledView { layout: labelling.layout(), added: labelling.added() })
    }

    /// The next bytes of that file, as rows with the mean of the models' answers.
    #[wasm_bindgen(js_name = labelRows)]
    pub async fn label_rows(&mut self, bytes: &[u8], is_last: bool) -> Result<Vec<u8>, JsValue> {
        let mut opened = self.labelling.take().ok_or_else(|| missing("an unlabelled file"))?;
        let models =
            opened.slots.iter().map(|slot| Ok(&self.trained(slot)?.model)).collect::<Result<Vec<_>, JsValue>>()?;
        let rows = self.lab.label_rows(&mut opened.labelling, &models, bytes, is_last).await.map_err(js_error)?;
        self.labelling = Some(opened);
        Ok(rows)
    }

    /// How many rows of that file have an answer so far, and which have none.
    #[wasm_bindgen(unchecked_return_type = "Labelled")]
    pub fn labelled(&self) -> Result<JsValue, JsValue> {
        let opened = self.labelling.as_ref().ok_or_else(|| missing("an unlabelled file"))?;
        to_js(opened.labelling.so_far())
    }
}

impl WasmLab {
    fn trained(&self, slot: &str) -> Result<&Trained, JsValue> {
        self.trained.get(slot).ok_or_else(|| missing(&format!("a trained model {slot:?}")))
    }
}

fn missing(what: &str) -> JsValue {
    js_error(Error::new(ErrorKind::Config, Place::named("predict"), format!("{what} to be loaded first"), "none"))
}
