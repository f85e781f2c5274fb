//! Logistic regression and ridge regression on sparse rows, with scikit-learn's objectives.

use super::features::SparseRow;
use super::minimise::minimise;

/// scikit-learn's C of `LogisticRegression`: the weight of the data against that of the penalty.
const C: f64 = 1.0;
/// scikit-learn's alpha of `Ridge`.
const ALPHA: f64 = 1.0;
/// The largest partial derivative that counts as 0. scikit-learn stops at 1e-4 of a mean over rows.
const TOLERANCE: f64 = 1e-5;
const ITERATIONS: usize = 1000;

/// A linear model with one output for each class, or one alone.
pub struct Linear {
    outputs: usize,
    /// `[columns + 1, outputs]`, row by row; the last row has the intercepts.
    weights: Vec<f64>,
}

impl Linear {
    /// Softmax regression on class numbers below `classes`: minimises ½·‖W‖² + C · Σ cross-entropy, intercepts not penalised.
    ///
    /// For two classes scikit-learn fits one column of weights, w; the same probabilities come from ±w/2 in a softmax, whose penalty is
    /// half of ‖w‖². So the penalty is doubled there.
    ///
    /// `weights` say what a row of each class counts, as scikit-learn's `class_weight`: C times the weight of its class.
    pub fn logistic(
        rows: &[SparseRow],
        columns: usize,
        targets: &[usize],
        classes: usize,
        weights: Option<&[f32]>,
    ) -> Linear {
        let penalty = if classes == 2 { 2.0 } else { 1.0 };
        fit(rows, columns, classes, penalty, |row, outputs| {
            let c = C * weights.map_or(1.0, |weights| f64::from(weights[targets[row]]));
            let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = outputs.iter().map(|o| (o - largest).exp()).sum();
            let loss = sum.ln() + largest - outputs[targets[row]];
            outputs.iter_mut().for_each(|o| *o = c * (*o - largest).exp() / sum);
            outputs[targets[row]] -= c;
            c * loss
        })
    }

    /// Ridge regression: minimises α·‖w‖² + Σ (target − prediction)², the intercept not penalised.
    pub fn ridge(rows: &[SparseRow], columns: usize, targets: &[f64]) -> Linear {
        fit(rows, columns, 1, 2.0 * ALPHA, |row, outputs| {
            let error = outputs[0] - targets[row];
            outputs[0] = 2.0 * error;
            error * error
        })
    }

    /// The outputs for a row: one for each class, or one number.
    pub fn predict(&self, row: &SparseRow) -> Vec<f64> {
        predict(&self.weights, self.outputs, row)
    }
}

/// Minimises penalty/2 · ‖weights‖² + Σ loss. `loss` of a row takes its outputs and puts their derivatives in their place.
fn fit(
    rows: &[SparseRow],
    columns: usize,
    outputs: usize,
    penalty: f64,
    mut loss: impl FnMut(usize, &mut [f64]) -> f64,
) -> Linear {
    let penalised = columns * outputs;
    let weights = minimise(vec![0.0; penalised + outputs], TOLERANCE, ITERATIONS, |weights, gradient| {
        let mut sum = 0.0;
        for (g, w) in gradient[..penalised].iter_mut().zip(weights) {
            *g = penalty * w;
            sum += penalty * w * w / 2.0;
        }
        gradient[penalised..].fill(0.0);
        for (i, row) in rows.iter().enumerate() {
            let mut derivatives = predict(weights, outputs, row);
            sum += loss(i, &mut derivatives);
            for (column, value) in with_intercept(row, weights.len() / outputs) {
                let part = &mut gradient[column * outputs..][..outputs];
                part.iter_mut().zip(&derivatives).for_each(|(g, d)| *g += value * d);
            }
        }
        sum
    });
    Linear { outputs, weights }
}

fn predict(weights: &[f64], outputs: usize, row: &SparseRow) -> Vec<f64> {
    let mut sums = vec![0.0; outputs];
    for (column, value) in with_intercept(row, weights.len() / outputs) {
        let part = &weights[column * outputs..][..outputs];
        sums.iter_mut().zip(part).for_each(|(sum, w)| *sum += value * w);
    }
    sums
}

/// The row with a 1 in the last of `columns` columns.
fn with_intercept(row: &SparseRow, columns: usize) -> impl Iterator<Item = (usize, f64)> {
    row.iter().map(|&(column, value)| (column as usize, value)).chain([(columns - 1, 1.0)])
}
