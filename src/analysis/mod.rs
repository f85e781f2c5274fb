//! What answers score, and what scores over seeds show. Plain numbers.

pub mod metrics;
pub mod settled;
pub mod stats;
