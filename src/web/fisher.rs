//! Fisher information for JavaScript, and the rates that follow from it.

use super::WasmLab;
use super::values::{checked, from_js, js_error, to_js};
use crate::lab::config::RawConfig;
use crate::method::fisher::{self, TextFisher};
use crate::method::handoff::pytorch_snippet;
use crate::method::schedule::{SiteRate, SiteScore, guided};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_class = Lab)]
impl WasmLab {
    /// Puts texts' Fisher information together.
    #[wasm_bindgen(unchecked_return_type = "Estimate")]
    pub fn fisher(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "TextFisher[]")] texts: JsValue,
    ) -> Result<JsValue, JsValue> {
        checked(config)?;
        let texts: Vec<TextFisher> = from_js("texts", texts)?;
        to_js(&fisher::estimate(&self.lab.tensor_names().map_err(js_error)?, &texts).map_err(js_error)?)
    }

    /// One text on its way through Fisher, step by step.
    #[wasm_bindgen(unchecked_return_type = "Walk")]
    pub async fn walk(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        index: usize,
    ) -> Result<JsValue, JsValue> {
        to_js(&self.lab.walk(&checked(config)?, index).await.map_err(js_error)?)
    }

    /// The noise of each arm at each site; guided rates from Fisher `scores`, which arms without guided rates do not need.
    #[wasm_bindgen(unchecked_return_type = "Arms")]
    pub fn arms(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "SiteScore[] | null")] scores: JsValue,
    ) -> Result<JsValue, JsValue> {
        let config = checked(config)?;
        let scores: Option<Vec<SiteScore>> = from_js("scores", scores)?;
        let guided = scores.map(|scores| guided(&scores, config.p_upper, config.p_lower));
        to_js(&self.lab.arms(&config, guided).map_err(js_error)?)
    }

    /// Guided rates for scores.
    #[wasm_bindgen(unchecked_return_type = "SiteRate[]")]
    pub fn schedule(
        &self,
        #[wasm_bindgen(unchecked_param_type = "SiteScore[]")] scores: JsValue,
        p_upper: f64,
        p_lower: f64,
    ) -> Result<JsValue, JsValue> {
        let scores: Vec<SiteScore> = from_js("scores", scores)?;
        RawConfig { p_upper, p_lower, ..RawConfig::default() }.check().map_err(js_error)?;
        to_js(&guided(&scores, p_upper, p_lower))
    }

    /// The rates as Python for Hugging Face transformers.
    pub fn snippet(
        &self,
        #[wasm_bindgen(unchecked_param_type = "SiteRate[]")] rates: JsValue,
        model_name: &str,
    ) -> Result<String, JsValue> {
        let rates: Vec<SiteRate> = from_js("rates", rates)?;
        let family = self.lab.model_config().map_err(js_error)?.family;
        Ok(pytorch_snippet(&rates, model_name, family))
    }
}
