//! Metrics of predictions, statistics of metrics over seeds, and labels that predictions contradict. Plain numbers.

pub mod metrics;
pub mod settled;
pub mod stats;
pub mod suspects;
