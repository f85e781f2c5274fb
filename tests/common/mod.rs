//! What the integration tests share: a tiny BERT, and one body for every device.

pub const CONFIG: &[u8] = include_bytes!("../fixtures/tiny_bert/config.json");
pub const WEIGHTS: &[u8] = include_bytes!("../fixtures/tiny_bert/model.safetensors");
pub const TOKENIZER: &[u8] = include_bytes!("../fixtures/tiny_bert/tokenizer.json");

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Async bodies that take a device, as tests: `cpu` natively and in a browser's worker; `webgpu` in that worker, if the tests
/// are built with the feature `gpu`.
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
        #[cfg(all(target_arch = "wasm32", feature = "gpu"))]
        mod webgpu {
            $(
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
