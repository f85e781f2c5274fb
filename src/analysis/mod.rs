//! Metrics of predictions, and statistics of metrics over seeds. Plain numbers.

pub mod metrics;
pub mod settled;
pub mod stats;
