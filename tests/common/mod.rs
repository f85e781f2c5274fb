//! What the integration tests share: a tiny BERT, jobs done to their end, and one body for every device.

#![allow(dead_code, unused_macros)] // each test file uses a part of it

use guided_dropout_lab::lab::config::Config;
use guided_dropout_lab::lab::plan::{Job, JobKind};
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::fisher::TextFisher;
use guided_dropout_lab::method::rates::ArmRates;
use safetensors::SafeTensors;

pub const CONFIG: &[u8] = include_bytes!("../fixtures/tiny_bert/config.json");
pub const WEIGHTS: &[u8] = include_bytes!("../fixtures/tiny_bert/model.safetensors");
pub const TOKENIZER: &[u8] = include_bytes!("../fixtures/tiny_bert/tokenizer.json");
pub const PROSE: &str = "the cat sat on the mat and looked at the rain\na small boat crossed the wide river at night\n\
    the teacher wrote a long word on the board\nnobody knows why the old clock stopped\n";

/// Does a job to its end, `units` of work at a time.
pub async fn finish(lab: &mut Lab, config: &Config, job: &Job, arm: Option<&ArmRates>, units: usize) -> Vec<Event> {
    lab.start(config, job, arm).unwrap();
    let mut events = Vec::new();
    loop {
        let some = lab.advance(units).await.unwrap();
        if some.is_empty() {
            return events;
        }
        events.extend(some);
    }
}

/// The Fisher information of texts `from..to`, a few at a time.
pub async fn fisher_texts(lab: &mut Lab, config: &Config, from: usize, to: usize) -> Vec<TextFisher> {
    let job = Job { id: "fisher".into(), work: 1.0, units: to - from, kind: JobKind::Fisher { from, to } };
    let text = |event| if let Event::FisherText(text) = event { Some(text) } else { None };
    finish(lab, config, &job, None, 4).await.into_iter().filter_map(text).collect()
}

/// The tiny BERT without its masked-language-model head.
pub fn without_mlm_head() -> Vec<u8> {
    let file = SafeTensors::deserialize(WEIGHTS).unwrap();
    safetensors::serialize(file.iter().filter(|(name, _)| !name.starts_with("cls.")), None).unwrap()
}

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Async bodies that take a device, as tests, natively and in a browser's worker: `cpu`, and `webgpu` if the tests are built with the feature
/// `gpu`.
macro_rules! tests_on {
    (cpu and webgpu: $($name:ident),* $(,)?) => {
        tests_on!(cpu: $($name),*);
        tests_on!(webgpu: $($name),*);
    };
    (cpu: $($name:ident),* $(,)?) => {
        mod cpu {
            $(
                #[cfg(not(target_arch = "wasm32"))]
                #[test]
                fn $name() {
                    pollster::block_on(super::$name(burn::tensor::Device::flex()));
                }

                #[cfg(target_arch = "wasm32")]
                #[wasm_bindgen_test::wasm_bindgen_test]
                async fn $name() {
                    super::$name(burn::tensor::Device::flex()).await;
                }
            )*
        }
    };
    (webgpu: $($name:ident),* $(,)?) => {
        #[cfg(feature = "gpu")]
        mod webgpu {
            $(
                #[cfg(not(target_arch = "wasm32"))]
                #[test]
                fn $name() {
                    pollster::block_on(super::$name(crate::common::gpu()));
                }

                #[cfg(target_arch = "wasm32")]
                #[wasm_bindgen_test::wasm_bindgen_test]
                async fn $name() {
                    super::$name(crate::common::gpu().await).await;
                }
            )*
        }
    };
}

/// The one WebGPU device of the test's worker: burn refuses to initialise the same adapter twice.
#[cfg(all(target_arch = "wasm32", feature = "gpu"))]
pub async fn gpu() -> burn::tensor::Device {
    use guided_dropout_lab::device::DeviceKind;
    use guided_dropout_lab::selftest::open_checked;
    use std::cell::RefCell;
    thread_local!(static GPU: RefCell<Option<burn::tensor::Device>> = const { RefCell::new(None) });
    if let Some(device) = GPU.with_borrow(Clone::clone) {
        return device;
    }
    let device = open_checked(DeviceKind::WebGpu).await.expect("a WebGPU adapter: see webdriver.json");
    GPU.set(Some(device.clone()));
    device
}

/// The one GPU of a native test's process.
#[cfg(all(not(target_arch = "wasm32"), feature = "gpu"))]
pub fn gpu() -> burn::tensor::Device {
    use guided_dropout_lab::device::DeviceKind;
    use guided_dropout_lab::selftest::open_checked;
    use std::sync::OnceLock;
    static GPU: OnceLock<burn::tensor::Device> = OnceLock::new();
    let open = || pollster::block_on(open_checked(DeviceKind::WebGpu)).expect("a GPU that Vulkan, Metal or DX12 knows");
    GPU.get_or_init(open).clone()
}
