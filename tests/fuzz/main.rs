//! Whatever the files are, they are read or refused: no panic, no wait over a second for 100 kB, no memory out of proportion.
//!
//! `cargo test` spends two seconds on each kind of file; `make fuzz` as long as it is told to. See `harness.rs`.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../common/allocator.rs"]
mod allocator;
mod harness;
mod lab;
mod mutate;
mod readers;

use serde_json::Value;

const CONFIG: &[u8] = include_bytes!("../fixtures/tiny_bert/config.json");
const WEIGHTS: &[u8] = include_bytes!("../fixtures/tiny_bert/model.safetensors");
const TOKENIZER: &[u8] = include_bytes!("../fixtures/tiny_bert/tokenizer.json");

fn parsed(file: &[u8]) -> Value {
    serde_json::from_slice(file).unwrap()
}
