//! Whole experiments on a tiny model: what must not depend on what.
//!
//! One body natively and in a browser's worker, on the CPU; one test also compares WebGPU with it.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod divergence;
mod fisher;
mod lab;
mod labelled_fisher;
mod micro_batches;
mod requirements;
mod runs;
mod trained_model;
mod trajectory;
