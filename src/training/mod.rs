//! Fine-tuning: one run, its examples, its learning rates and its optimizer.

pub mod adamw;
pub mod evaluation;
pub mod examples;
#[cfg(feature = "gpu")]
mod packed;
pub mod recipe;
pub mod state;
pub mod train;
