//! The JavaScript interface of the lab: bytes and plain objects in, plain objects out.
//!
//! This folder alone names the browser. Its files convert and forward; whatever decides anything is in
//! [`crate::lab`]. Errors are thrown as `{kind, message, place, expected, got}`.

use crate::device::{self, DeviceKind};
use crate::error::{Error, ErrorKind, Place};
use crate::lab::Lab;
use crate::lab::schema::Schema;
use crate::selftest::FAMILIES;
use std::collections::HashMap;
use trained::{LabellingOf, Trained};
use values::{js_error, to_js};
use wasm_bindgen::prelude::*;

mod allocator;
mod fisher;
mod inputs;
mod jobs;
mod kernels;
mod results;
mod search;
mod trained;
mod values;
mod views;

/// Types of what crosses, for TypeScript.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// Settings with bounds and defaults, arms, metrics, limits and file formats.
#[wasm_bindgen(unchecked_return_type = "Schema")]
pub fn schema() -> Result<JsValue, JsValue> {
    to_js(&Schema::new())
}

/// Runs jobs, one at a time: `Lab` in JavaScript.
#[wasm_bindgen(js_name = Lab)]
pub struct WasmLab {
    lab: Lab,
    trained: HashMap<String, Trained>,
    labelling: Option<LabellingOf>,
}

#[wasm_bindgen(js_class = Lab)]
impl WasmLab {
    /// Opens a device, `"cpu"` or `"webgpu"`. The latter is to be believed only after [`WasmLab::check`].
    pub async fn open(kind: String) -> Result<WasmLab, JsValue> {
        console_error_panic_hook::set_once();
        let kind: DeviceKind = match kind.as_str() {
            "cpu" => DeviceKind::Cpu,
            "webgpu" => DeviceKind::WebGpu,
            other => {
                let place = Place::named("device");
                return Err(js_error(Error::new(ErrorKind::Config, place, "cpu or webgpu", other)));
            }
        };
        let device = device::open(kind).await.map_err(js_error)?;
        Ok(WasmLab { lab: Lab::new(device), trained: HashMap::new(), labelling: None })
    }

    /// How many families of kernels there are to [`WasmLab::check`]; the last is a whole training step.
    pub fn families(&self) -> usize {
        FAMILIES.len()
    }

    /// Computes what a family of kernels has to, on this device and on the CPU: `{family, difference, tolerance, ok}`.
    #[wasm_bindgen(unchecked_return_type = "Agreement")]
    pub async fn check(&self, family: usize) -> Result<JsValue, JsValue> {
        to_js(&FAMILIES[family].check(self.lab.device(), self.lab.kernels()).await.map_err(js_error)?)
    }
}
