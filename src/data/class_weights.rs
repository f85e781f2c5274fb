//! Weights of classes in the loss, so that rare ones count as much as frequent ones.

use serde::{Deserialize, Serialize};

/// How classes are weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeights {
    /// Every row counts the same.
    #[default]
    None,
    /// Inversely to the rows of its class: as scikit-learn's `compute_class_weight("balanced")`.
    Balanced,
}

impl ClassWeights {
    /// The weight of each of `outputs` classes, from the classes of the rows that are trained on; none where every row counts the same.
    ///
    /// Balanced: n rows / (K · rows of the class), K classes that occur. A class that does not occur weighs 0: no row has it.
    pub fn of(self, outputs: usize, rows: &[usize]) -> Option<Vec<f32>> {
        if self == ClassWeights::None {
            return None;
        }
        let mut counts = vec![0_usize; outputs];
        rows.iter().for_each(|&class| counts[class] += 1);
        let occurring = counts.iter().filter(|&&count| count > 0).count();
        let weight = |&count: &usize| match count {
            0 => 0.0,
            _ => (rows.len() as f64 / (occurring * count) as f64) as f32,
        };
        Some(counts.iter().map(weight).collect())
    }
}
