//! Whether training was long enough for its end to say anything (docs/method.md, section 5).
//!
//! An arm is *flat* when its metric, as a mean over seeds, gains at most one point over the last third of its training. A learning rate that falls
//! to 0 flattens any curve, so flat is not enough: it has *settled* when it is flat and twice as many epochs change the mean by at most one point. With a
//! constant learning rate the curve itself shows that, at half of its length; else it takes a probe, a few runs of twice the length.

use serde::{Deserialize, Serialize};

/// One point of a metric that is a fraction, and as much of a correlation.
pub const POINT: f64 = 0.01;

/// Differences of means of fractions that are a point but for rounding count as one.
const ROUNDING: f64 = 1e-9;

/// A metric after an epoch, as a mean over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The epoch, from 1.
    pub epoch: usize,
    /// The mean.
    pub mean: f64,
}

/// Whether an arm has settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// Nothing: there is no evaluation in the first two thirds, or no finished run.
    Unknown,
    /// It stops in the middle of the climb.
    Climbing,
    /// Flat; whether longer training changes it was not tried.
    Flat,
    /// Flat, but twice as many epochs change the mean by more than a point.
    FlatNotSettled,
    /// Flat, and twice as many epochs change the mean by at most a point.
    Settled,
}

/// The gain over the last third: the last mean less that of the last evaluation in the first two thirds. None where there is none, or the last
/// point is not after the last epoch.
pub fn late_gain(curve: &[CurvePoint], epochs: usize) -> Option<f64> {
    let last = curve.last().filter(|point| point.epoch == epochs)?;
    let before = curve.iter().rfind(|point| 3 * point.epoch <= 2 * epochs)?;
    Some(last.mean - before.mean)
}

/// The change with twice as many epochs, from a curve at a constant learning rate: its last mean less that at half of its length. None where
/// there is no evaluation there.
pub fn doubled_change(curve: &[CurvePoint], epochs: usize) -> Option<f64> {
    let last = curve.last().filter(|point| point.epoch == epochs)?;
    let half = curve.iter().find(|point| 2 * point.epoch == epochs)?;
    Some(last.mean - half.mean)
}

/// The rule. `change` is what twice the length changed, where that was tried.
pub fn settlement(late_gain: Option<f64>, change: Option<f64>) -> Settlement {
    match (late_gain, change) {
        (None, _) => Settlement::Unknown,
        (Some(gain), _) if gain > POINT + ROUNDING => Settlement::Climbing,
        (Some(_), None) => Settlement::Flat,
        (Some(_), Some(change)) if change.abs() > POINT + ROUNDING => Settlement::FlatNotSettled,
        (Some(_), Some(_)) => Settlement::Settled,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    /// The table of docs/method.md section 5: `standard` on the sample `tickets`, five seeds, accuracy in percent.
    const STANDARD: [(usize, f64); 9] =
        [(1, 40.4), (2, 67.4), (3, 83.9), (4, 84.7), (5, 84.3), (6, 87.2), (8, 86.2), (10, 87.4), (12, 87.6)];

    fn curve(until: usize) -> Vec<CurvePoint> {
        let points = STANDARD.iter().filter(|(epoch, _)| *epoch <= until);
        points.map(|&(epoch, percent)| CurvePoint { epoch, mean: percent / 100.0 }).collect()
    }

    #[test]
    fn two_epochs_are_in_the_middle_of_the_climb_and_six_are_not_flat() {
        let gain = late_gain(&curve(2), 2).unwrap();
        assert!((gain - 0.27).abs() < 1e-9);
        assert_eq!(settlement(Some(gain), None), Settlement::Climbing);
        assert_eq!(settlement(Some(gain), Some(0.0)), Settlement::Climbing, "no probe makes a climb settled");
        assert_eq!(settlement(late_gain(&curve(6), 6), None), Settlement::Climbing, "84.7 at epoch 4, 87.2 at 6");
    }

    #[test]
    fn flat_is_settled_only_by_a_probe() {
        let gain = late_gain(&curve(10), 10).unwrap();
        assert!((gain - 0.002).abs() < 1e-9, "87.2 at epoch 6, 87.4 at 10: {gain}");
        assert_eq!(settlement(Some(gain), None), Settlement::Flat);
        assert_eq!(settlement(Some(gain), Some(0.01)), Settlement::Settled, "a point is allowed");
        assert_eq!(settlement(Some(0.876 - 0.866), Some(0.88 - 0.87)), Settlement::Settled, "but for rounding, too");
        assert_eq!(settlement(Some(gain), Some(0.011)), Settlement::FlatNotSettled);
        assert_eq!(settlement(Some(gain), Some(-0.02)), Settlement::FlatNotSettled, "later loss is change, too");
        assert_eq!(settlement(Some(-0.3), Some(0.0)), Settlement::Settled, "what is lost late is no climb");
    }

    #[test]
    fn a_constant_rate_shows_twice_the_length_by_itself() {
        assert!((doubled_change(&curve(12), 12).unwrap() - 0.004).abs() < 1e-9, "87.2 at epoch 6, 87.6 at 12");
        assert_eq!(doubled_change(&curve(5), 5), None, "no epoch is half of five");
        assert_eq!(doubled_change(&curve(12), 14), None, "not finished");
    }

    #[test]
    fn nothing_is_said_without_an_evaluation_before() {
        assert_eq!(settlement(late_gain(&curve(1), 1), None), Settlement::Unknown);
        assert_eq!(late_gain(&curve(12)[8..], 12), None);
        assert_eq!(late_gain(&[], 3), None);
        assert_eq!(late_gain(&curve(2), 3), None, "the last epoch is missing");
    }
}
