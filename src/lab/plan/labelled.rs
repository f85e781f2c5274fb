//! Which rows' labels may enter Fisher information.

use crate::data::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::lab::config::Config;
use std::collections::HashSet;

/// The rows whose labels may enter Fisher information: those that every seed trains on at the largest fraction, in the training order of the first.
/// All seeds share the rates. So no label that a run is tested on, or that its settings are chosen on, enters them.
///
/// # Errors
/// [`ErrorKind::Config`] where the seeds' training parts have no row in common; as [`Dataset::split`].
pub(in crate::lab) fn labelled_rows(config: &Config, dataset: &Dataset) -> Result<Vec<usize>> {
    let largest = config.fractions.iter().copied().fold(0.0, f64::max);
    let trained = |seed: u32| Ok::<_, Error>(config.split(dataset, seed)?.fraction(dataset, largest));
    let mut rows = trained(config.seeds[0])?;
    for &seed in &config.seeds[1..] {
        let others: HashSet<usize> = trained(seed)?.into_iter().collect();
        rows.retain(|row| others.contains(row));
    }
    if rows.is_empty() {
        let expected = "rows that every seed trains on: fewer seeds, a larger training part, or a file with a test part of its own";
        let got = format!("none that all {} seeds train on", config.seeds.len());
        return Err(Error::new(ErrorKind::Config, Place::named("fisher_loss"), expected, got));
    }
    Ok(rows)
}
