//! The method of arXiv 2406.14005: Fisher information, the schedule of dropout rates, and the noise they make.

pub mod arms;
pub mod dropout;
pub mod fisher;
pub mod handoff;
pub mod rates;
pub mod schedule;
pub mod walkthrough;
