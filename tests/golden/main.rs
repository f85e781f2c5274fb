//! Values from Hugging Face transformers and PyTorch (`scripts/golden.py` made them), compared on every device.
//!
//! One body of each test: natively on the CPU, and in a browser's worker on the CPU and on WebGPU. A browser without a
//! WebGPU adapter fails these tests; `webdriver.json` asks for the software adapter.
//!
//! Tolerances, relative to each tensor's largest element. PyTorch's own f32 values lie within 2e-6 of its f64 ones; the
//! CPU is allowed 1e-5, for another order of sums. The GPU is allowed 1e-4: WGSL lets exp, tanh and division be some units
//! in the last place off, and fuses multiply-adds. GELU by tanh, the nearest wrong version, is 8e-4 off.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod adamw;
mod class_weights;
mod encoder;
mod families;
mod fisher;
mod labelled_fisher;
mod landscape;
mod tokens;
mod trajectory;
mod values;
