//! The plan of a trajectory figure: two trainings in their common plane.

use super::{Job, JobKind, RunKey, lengths};
use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::lab::config::Config;
use crate::landscape::grid::strips;
use crate::landscape::trajectory;
use crate::method::arms::Arm;
use crate::models::pretrained::Pretrained;
use crate::settings;
use serde::{Deserialize, Serialize};

/// How far the grid reaches to each side of its middle, which is halfway between the start and the ends' midpoint.
const REACH: f64 = 1.25;
/// Where the ends lie further out than the grid would reach: by so much it reaches past them.
const MARGIN: f64 = 1.2;

/// Settings of the plane's picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrajectorySettings {
    /// Points of a side of the grid.
    pub points: usize,
    /// Rows of the training part, and of the test part, that the losses are means over.
    pub rows: usize,
}

/// The jobs, and where their grid lies.
#[derive(Debug, Clone, Serialize)]
pub struct TrajectoryPlan {
    /// The values of x.
    pub x: Vec<f64>,
    /// The values of y.
    pub y: Vec<f64>,
    /// Rows of the training part and of the test part that each loss is the mean over.
    pub rows: [usize; 2],
    /// The start and the two ends, then the coarse grids, then the full one; the two paths among them.
    pub jobs: Vec<Job>,
}

impl TrajectoryPlan {
    /// The plan for the runs of two arms under the first seed and the largest fraction. `ends` are theirs in the plane;
    /// before they are known, the plan is good only for its size.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Config`] for settings out of bounds; those of the data set's split.
    pub fn new(
        config: &Config,
        settings: TrajectorySettings,
        arms: [Arm; 2],
        ends: Option<[trajectory::PlanePoint; 2]>,
        dataset: &Dataset,
        pretrained: &Pretrained,
    ) -> Result<TrajectoryPlan> {
        let TrajectorySettings { points, rows } = settings;
        settings::SURFACE_POINTS.check(points)?;
        settings::PLANE_ROWS.check(rows)?;
        let seed = config.seeds[0];
        let fraction = config.fractions[0]; // the largest
        let split = config.split(dataset, seed)?;
        let train = split.fraction(dataset, fraction);
        let tokenizer = pretrained.tokenizer.cut_to(config.max_tokens)?;
        let lengths = lengths(dataset, &tokenizer)?;
        let tokens = |rows: &[usize]| rows.iter().map(|&i| lengths[i]).sum::<usize>() as f64;
        let per_token = pretrained.config.multiply_adds_per_token() as f64;
        let parameters = pretrained.parameters as f64;

        let chosen = [&train, &split.test].map(|part| spread(part, rows));
        let per_point = per_token * chosen.iter().map(|part| tokens(part)).sum::<f64>() + 8.0 * parameters;
        let reach = ends.iter().flatten().flat_map(|end| [end.y.abs(), (end.x - 0.5).abs()]).fold(0.0, f64::max);
        let reach = REACH.max(reach * MARGIN);
        let last = (points - 1) as f64;
        let y: Vec<f64> = (0..points).map(|i| reach * (2.0 * i as f64 - last) / last).collect();
        let x: Vec<f64> = y.iter().map(|y| 0.5 + y).collect();

        let job = |name: String, level: usize, row: Option<usize>, columns: Vec<usize>, at: Vec<[f64; 2]>| {
            let (work, units) = (per_point * at.len() as f64, at.len());
            let kind = JobKind::Plane { seed, fraction, rows, level, row, columns, at };
            Job { id: format!("plane/{name}"), work, units, kind }
        };
        let [first, second] = ends.map_or([[0.0; 2]; 2], |ends| ends.map(|end| [end.x, end.y]));
        let mut jobs = vec![job("ends".into(), 0, None, vec![0, 1, 2], vec![[0.0; 2], first, second])];
        for strip in strips(points) {
            let at = strip.columns.iter().map(|&column| [x[column], y[strip.row]]).collect();
            jobs.push(job(format!("{}/{}", strip.level, strip.row), strip.level, Some(strip.row), strip.columns, at));
        }
        let steps = config.recipe().steps(train.len());
        let work = 3.0 * config.epochs as f64 * per_token * tokens(&train) + 12.0 * parameters * steps as f64;
        // After the first grid: something is seen at once, and the paths while it is refined.
        let is_finer = |job: &Job| matches!(job.kind, JobKind::Plane { level: 1.., .. });
        let place = jobs.iter().position(is_finer).unwrap_or(jobs.len());
        let trajectories = arms.map(|arm| Job {
            id: format!("trajectory/{arm}"),
            work,
            units: steps,
            kind: JobKind::Trajectory { run: RunKey { arm, seed, fraction } },
        });
        jobs.splice(place..place, trajectories);
        Ok(TrajectoryPlan { x, y, rows: chosen.map(|part| part.len()), jobs })
    }
}

/// At most `most` of the rows of a part, evenly spread over it.
pub fn spread(rows: &[usize], most: usize) -> Vec<usize> {
    let count = most.min(rows.len());
    (0..count).map(|i| rows[i * rows.len() / count]).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_over_the_whole_part() {
        assert_eq!(spread(&[10, 11, 12, 13, 14, 15], 3), [10, 12, 14]);
        assert_eq!(spread(&[4, 5], 8), [4, 5]);
        assert!(spread(&[], 8).is_empty());
    }
}
