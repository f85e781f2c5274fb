//! The settings that a search chose for each arm.

use crate::method::arms::Arm;
use serde::{Deserialize, Serialize};

/// One point of a search's grid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Passes over the training rows.
    pub epochs: usize,
    /// The rate everywhere, of the arm `tuned` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
}

/// An arm's own best setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The arm.
    pub arm: Arm,
    /// The fraction of the training part that it was searched with.
    pub fraction: f64,
    /// The chosen setting.
    #[serde(flatten)]
    pub setting: Setting,
    /// Its mean score on validation data, over the search's seeds.
    pub score: f64,
    /// Out of how many settings.
    pub settings: usize,
    /// By how many runs.
    pub trials: usize,
}
