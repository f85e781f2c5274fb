//! Fine-tuning: one run, and its optimizer.

pub mod adamw;
pub mod state;
pub mod train;
