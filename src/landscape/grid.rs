//! The grid of a loss surface: a square of points around the pretrained weights, for all tensors and for each
//! half of them by mean Fisher information (docs/method.md, section 7).
//!
//! Plain data. The points of a row that are wanted at the same time are one [`crate::lab::plan::Job`]: first a coarse grid,
//! then one of half its spacing, then the rest, so that the whole is seen early and nothing is computed twice. The
//! numbers come from `crate::landscape::loss`.

use crate::error::Result;
use crate::settings;
use serde::{Deserialize, Serialize};

/// Intervals of the coarse grids, each within the next; the last grid is the full one.
const COARSE_INTERVALS: [usize; 2] = [4, 8];

/// Which tensors move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subset {
    /// None: the loss of the pretrained weights themselves. A side of even length has no point there.
    Centre,
    /// Every tensor of embeddings and encoder.
    All,
    /// The half with the highest mean Fisher information.
    Top,
    /// The half with the lowest.
    Bottom,
}

/// How long the step of a and b is, in each tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// The paper's: each tensor's direction has that tensor's norm, ‖d_t‖ = ‖w_t‖, and tensors of one dimension stay
    /// where they are. So the three surfaces move by different lengths, and much of the top half not at all.
    Tensor,
    /// Ours: tensors of one dimension move as well, and the whole direction of a subset S is then scaled to the norm of
    /// all the tensors together: d ← d · ‖θ‖ / ‖θ_S‖ with ‖θ_S‖² = Σ_{t ∈ S} ‖w_t‖². So the three surfaces move by the
    /// same total length.
    Total,
}

/// Settings of the surfaces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Points of a side.
    pub points: usize,
    /// a and b run from −range to range.
    pub range: f64,
    /// The seed of the directions.
    pub seed: u32,
    /// How many texts the loss is the mean over.
    pub texts: usize,
    /// How long the steps are.
    pub norm: Norm,
}

impl Settings {
    /// Refuses what cannot be drawn.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Config`] naming the setting.
    pub fn check(self) -> Result<Settings> {
        settings::SURFACE_POINTS.check(self.points)?;
        settings::SURFACE_RANGE.check(self.range)?;
        settings::SURFACE_TEXTS.check(self.texts)?;
        Ok(self)
    }

    /// The values that a and b take, evenly spaced and symmetric about 0.
    pub fn axis(&self) -> Vec<f64> {
        let last = self.points.saturating_sub(1).max(1) as f64; // a single point is no division by 0
        (0..self.points).map(|i| self.range * (2.0 * i as f64 - last) / last).collect()
    }
}

/// Some points of one row, to be computed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    /// 0 for the coarsest grid.
    pub level: usize,
    /// Which value of b.
    pub row: usize,
    /// Which values of a.
    pub columns: Vec<usize>,
}

/// All points of a square of `points` a side, each once, the coarsest grid first.
pub fn strips(points: usize) -> Vec<Strip> {
    let mut strips = Vec::new();
    let mut before: Vec<usize> = Vec::new();
    for (level, intervals) in COARSE_INTERVALS.into_iter().chain([points - 1]).enumerate() {
        let lines = lines(points, intervals);
        for &row in &lines {
            let is_new = |column: &usize| !(before.contains(&row) && before.contains(column));
            let columns: Vec<usize> = lines.iter().copied().filter(is_new).collect();
            if !columns.is_empty() {
                strips.push(Strip { level, row, columns });
            }
        }
        before = lines;
    }
    strips
}

/// The rows, and columns, of a grid with about so many intervals.
fn lines(points: usize, intervals: usize) -> Vec<usize> {
    let last = points - 1;
    let intervals = intervals.min(last);
    (0..=intervals).map(|i| (2 * i * last + intervals) / (2 * intervals)).collect()
}

/// The tensors of the top and of the bottom half by mean Fisher information; with an odd number, the middle one is in
/// the top half.
pub fn halves(means: &[(String, f64)]) -> (Vec<String>, Vec<String>) {
    let mut order: Vec<&(String, f64)> = means.iter().collect();
    order.sort_by(|(_, left), (_, right)| left.total_cmp(right));
    let (bottom, top) = order.split_at(order.len() / 2);
    let names = |half: &[&(String, f64)]| half.iter().map(|(name, _)| name.clone()).collect();
    (names(top), names(bottom))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { points: 16, range: 1.5, seed: 1, texts: 8, norm: Norm::Tensor }
    }

    #[test]
    fn every_point_once_and_coarse_first() {
        for points in 8..=32 {
            let strips = strips(points);
            let mut seen = vec![0; points * points];
            strips.iter().for_each(|s| s.columns.iter().for_each(|c| seen[s.row * points + c] += 1));
            assert!(seen.iter().all(|&times| times == 1), "{points}: {seen:?}");
            assert!(strips.is_sorted_by_key(|s| s.level));
            let coarse: Vec<&Strip> = strips.iter().filter(|s| s.level == 0).collect();
            assert_eq!(coarse.len(), 5);
            assert!(coarse.iter().all(|s| s.columns == coarse[0].columns && s.columns.len() == 5));
            assert_eq!((coarse[0].row, coarse[4].row), (0, points - 1), "the corners belong to the first grid");
        }
    }

    #[test]
    fn axis_is_symmetric() {
        let axis = settings().axis();
        assert_eq!((axis.len(), axis[0], axis[15]), (16, -1.5, 1.5));
        assert!((axis[1] + 1.3).abs() < 1e-12, "the paper's grid: {axis:?}");
        assert!(axis.iter().zip(axis.iter().rev()).all(|(left, right)| left + right == 0.0));
        assert!(Settings { points: 9, ..settings() }.axis()[4] == 0.0);
    }

    #[test]
    fn halves_split_by_mean() {
        let means = [("a", 3.0), ("b", 1.0), ("c", 2.0), ("d", 9.0), ("e", 0.0)].map(|(n, m)| (n.to_string(), m));
        let (top, bottom) = halves(&means);
        assert_eq!((top, bottom), (vec!["c".into(), "a".into(), "d".into()], vec!["e".to_string(), "b".into()]));
    }

    #[test]
    fn bounds_are_named() {
        let cases = [
            (Settings { points: 7, ..settings() }, "surface_points"),
            (Settings { points: 33, ..settings() }, "surface_points"),
            (Settings { range: 0.0, ..settings() }, "surface_range"),
            (Settings { range: f64::NAN, ..settings() }, "surface_range"),
            (Settings { texts: 0, ..settings() }, "surface_texts"),
        ];
        for (bad, name) in cases {
            assert_eq!(bad.check().unwrap_err().place.name, name);
        }
        assert!(settings().check().is_ok());
    }
}
