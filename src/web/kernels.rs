//! Timing the ways to compute: the clock is JavaScript's.

use super::WasmLab;
use super::values::{from_js, js_error, to_js};
use crate::kernels::Kernels;
use crate::kernels::choice::Way;
use crate::models::config::ModelConfig;
use crate::workload::Workload;
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_class = Lab)]
impl WasmLab {
    /// What is to be timed for a model with this `config.json`: its shapes, the usual kernels of this device, and all ways in their order.
    #[wasm_bindgen(js_name = kernelWays, unchecked_return_type = "KernelWays")]
    pub fn kernel_ways(&self, config: &[u8]) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct KernelWays {
            shapes: Workload,
            usual: Kernels,
            ways: Vec<Way>,
        }
        let config = ModelConfig::from_bytes(config).map_err(js_error)?;
        let usual = Kernels::usual(self.lab.device());
        to_js(&KernelWays { shapes: Workload::of(&config), usual, ways: usual.ways() })
    }

    /// Does so many rounds of a way's work on a model's shapes, and waits for them.
    #[wasm_bindgen(js_name = runWay)]
    pub async fn run_way(
        &self,
        config: &[u8],
        #[wasm_bindgen(unchecked_param_type = "KernelWay")] way: JsValue,
        rounds: usize,
    ) -> Result<(), JsValue> {
        let config = ModelConfig::from_bytes(config).map_err(js_error)?;
        let way: Way = from_js("way", way)?;
        Workload::of(&config).run(way, rounds, self.lab.device()).await.map_err(js_error)
    }

    /// The kernels to take, by the time of a round of each way: `[way, ms or null]`.
    #[wasm_bindgen(js_name = fastestKernels, unchecked_return_type = "Kernels")]
    pub fn fastest_kernels(
        &self,
        #[wasm_bindgen(unchecked_param_type = "[KernelWay, number | null][]")] times: JsValue,
    ) -> Result<JsValue, JsValue> {
        let times: Vec<(Way, Option<f64>)> = from_js("times", times)?;
        to_js(&Kernels::usual(self.lab.device()).fastest(&times))
    }

    /// Computes by these kernels from now on: [`WasmLab::check`] too. A job under way is forgotten.
    #[wasm_bindgen(js_name = setKernels)]
    pub fn set_kernels(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Kernels")] kernels: JsValue,
    ) -> Result<(), JsValue> {
        self.lab.set_kernels(from_js("kernels", kernels)?);
        Ok(())
    }
}
