//! Searches, continued runs and baselines for JavaScript.

use super::WasmLab;
use super::values::{checked, from_js, js_error, to_js};
use crate::lab::plan::Job;
use crate::lab::results::{BaselineRun, RunReport};
use crate::lab::tune::{Trial, TuneGrid};
use crate::method::arms::Arm;
use crate::method::rates::ArmRates;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

/// How far an arm's search is.
#[derive(Deserialize)]
struct SearchState {
    grid: TuneGrid,
    arm: Arm,
    fraction: f64,
    done: Vec<Trial>,
}

#[wasm_bindgen(js_class = Lab)]
impl WasmLab {
    /// The baselines that are no transformers, on the split of one seed: a list of scores.
    #[wasm_bindgen(unchecked_return_type = "BaselineRun[]")]
    pub fn baselines(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        seed: u32,
        fraction: f64,
    ) -> Result<JsValue, JsValue> {
        let dataset = self.lab.dataset().map_err(js_error)?;
        to_js(&BaselineRun::both(&checked(config)?, dataset, seed, fraction).map_err(js_error)?)
    }

    /// The jobs that an arm's search still needs, given the trials that are done; none when it is over.
    #[wasm_bindgen(unchecked_return_type = "Job[]")]
    pub fn trials(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "SearchState")] search: JsValue,
    ) -> Result<JsValue, JsValue> {
        let SearchState { grid, arm, fraction, done } = from_js("search", search)?;
        let (dataset, model) = (self.lab.dataset().map_err(js_error)?, self.lab.pretrained().map_err(js_error)?);
        to_js(&grid.jobs(&checked(config)?, (arm, fraction), &done, dataset, model).map_err(js_error)?)
    }

    /// The choices of a search; null before it has finished, or where every run diverged.
    #[wasm_bindgen(unchecked_return_type = "Choice | null")]
    pub fn choose(
        &self,
        #[wasm_bindgen(unchecked_param_type = "SearchState")] search: JsValue,
    ) -> Result<JsValue, JsValue> {
        let SearchState { grid, arm, fraction, done } = from_js("search", search)?;
        to_js(&grid.choose(arm, fraction, &done))
    }

    /// The state of the run that just ended, for [`WasmLab::resume`]. Only runs at a constant learning rate have one.
    #[wasm_bindgen(js_name = exportState)]
    pub async fn export_state(&self) -> Result<Vec<u8>, JsValue> {
        self.lab.export_state().await.map_err(js_error)
    }

    /// Begins a job where a shorter run of its arm, seed and fraction ended; `report` and `state` are what that run left.
    pub fn resume(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Job")] job: JsValue,
        #[wasm_bindgen(unchecked_param_type = "ArmRates | null")] arm: JsValue,
        #[wasm_bindgen(unchecked_param_type = "RunReport")] report: JsValue,
        state: &[u8],
    ) -> Result<(), JsValue> {
        let (config, job) = (checked(config)?, from_js::<Job>("job", job)?);
        let arm: Option<ArmRates> = from_js("arm", arm)?;
        let report: RunReport = from_js("report", report)?;
        self.lab.resume(&config, &job, arm.as_ref(), report, state).map_err(js_error)
    }
}
