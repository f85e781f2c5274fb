//! Plans for JavaScript, and their jobs step by step.

use super::WasmLab;
use super::values::{checked, from_js, js_error, to_js};
use crate::lab::plan::{Job, TrajectorySettings};
use crate::landscape::grid::Settings;
use crate::landscape::trajectory::PlanePoint;
use crate::method::fisher::TensorFisher;
use crate::method::rates::ArmRates;
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_class = Lab)]
impl WasmLab {
    /// The jobs of an experiment.
    #[wasm_bindgen(unchecked_return_type = "Plan")]
    pub fn plan(&self, #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue) -> Result<JsValue, JsValue> {
        to_js(&self.lab.plan(checked(config)?).map_err(js_error)?)
    }

    /// The jobs of the loss surfaces; `tensors` with their Fisher information, or null for the plan's size alone.
    #[wasm_bindgen(js_name = landscapePlan, unchecked_return_type = "LandscapePlan")]
    pub fn landscape_plan(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "LandscapeSettings")] settings: JsValue,
        #[wasm_bindgen(unchecked_param_type = "TensorFisher[] | null")] tensors: JsValue,
    ) -> Result<JsValue, JsValue> {
        let config = checked(config)?;
        let settings: Settings = from_js("settings", settings)?;
        let tensors: Option<Vec<TensorFisher>> = from_js("tensors", tensors)?;
        to_js(&self.lab.landscape_plan(&config, settings, tensors.as_deref()).map_err(js_error)?)
    }

    /// Takes the plane of two trained models of a seed: `{ends: [{x, y}, …], unit}`.
    #[wasm_bindgen(js_name = setPlane, unchecked_return_type = "PlaneView")]
    pub async fn set_plane(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        seed: u32,
        first: Vec<u8>,
        second: Vec<u8>,
    ) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct PlaneView {
            ends: [PlanePoint; 2],
            unit: f64,
        }
        let config = checked(config)?;
        let plane = self.lab.set_plane(&config, seed, [&first, &second]).await.map_err(js_error)?;
        to_js(&PlaneView { ends: plane.ends(), unit: plane.unit() })
    }

    /// The jobs that show two arms' runs in the plane taken; before there is one, good only for its size.
    #[wasm_bindgen(js_name = trajectoryPlan, unchecked_return_type = "TrajectoryPlan")]
    pub fn trajectory_plan(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "TrajectorySettings")] settings: JsValue,
        #[wasm_bindgen(unchecked_param_type = "[Arm, Arm]")] arms: JsValue,
    ) -> Result<JsValue, JsValue> {
        let config = checked(config)?;
        let settings: TrajectorySettings = from_js("settings", settings)?;
        to_js(&self.lab.trajectory_plan(&config, settings, from_js("arms", arms)?).map_err(js_error)?)
    }

    /// Begins a job; `arm` is its entry of [`WasmLab::arms`], or null.
    pub fn start(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Job")] job: JsValue,
        #[wasm_bindgen(unchecked_param_type = "ArmRates | null")] arm: JsValue,
    ) -> Result<(), JsValue> {
        let config = checked(config)?;
        let job: Job = from_js("job", job)?;
        let arm: Option<ArmRates> = from_js("arm", arm)?;
        self.lab.start(&config, &job, arm.as_ref()).map_err(js_error)
    }

    /// Does `units` batches of texts, steps, evaluation batches or points of the job and returns its events.
    #[wasm_bindgen(unchecked_return_type = "Event[]")]
    pub async fn advance(&mut self, units: usize) -> Result<JsValue, JsValue> {
        to_js(&self.lab.advance(units).await.map_err(js_error)?)
    }
}
