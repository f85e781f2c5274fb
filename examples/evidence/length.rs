//! What the length of training does to the differences: described, without tests.

use super::Failure;
use super::set::Set;
use super::tables::difference;
use guided_dropout_lab::schedule::Arm;
use guided_dropout_lab::stats::{compare_paired, t_interval};
use serde_json::{Value, json};
use std::fmt::Write;

/// The one share that long sets have.
pub const SHARE: f64 = 0.1;
/// The epochs that are tabled; the page's figure has all.
const TABLED: [usize; 9] = [1, 3, 5, 7, 10, 15, 20, 25, 30];
/// Less noise, evenly; less, by information; none.
const FOLLOWED: [Arm; 3] = [Arm::UniformMean, Arm::Guided, Arm::None];

/// `of_plan`: the sets whose rows the long ones have, at three epochs. Returns the lines of the page's figure.
pub fn length(out: &mut String, long: &[Set], of_plan: &[&Set]) -> Result<Vec<Value>, Failure> {
    writeln!(
        out,
        "#### What the length of training does, without tests\n\nThe difference here less that at a tenth of the rows in three epochs.\n"
    )?;
    writeln!(out, "| set | guided − standard | none − standard |\n|---|---|---|")?;
    for (set, short) in long.iter().zip(of_plan) {
        let change = |arm| {
            let [here, there] = [set, *short].map(|set| set.differences(arm, Arm::Standard, SHARE));
            let changes: Vec<f64> = here.iter().zip(there).map(|(here, there)| here - there).collect();
            difference(&compare_paired(&changes, 0))
        };
        writeln!(out, "| {} | {} | {} |", set.name, change(Arm::Guided), change(Arm::None))?;
    }
    writeln!(
        out,
        "\n#### Along the training, without tests\n\nLooked at after the results. Of the same runs, after some of their thirty epochs: the mean of \
         `standard`, and differences from it.\n"
    )?;
    for set in long {
        writeln!(
            out,
            "| {}, after epoch | `standard` | {} |",
            set.name,
            FOLLOWED.map(|arm| format!("{arm} − standard")).join(" | ")
        )?;
        writeln!(out, "|---|---|---|---|---|")?;
        for epoch in TABLED.into_iter().filter(|&epoch| epoch <= set.epochs()) {
            let ahead = FOLLOWED.map(|arm| difference(&compare_paired(&ahead_after(set, arm, epoch), 0)));
            let standard = 100.0 * mean(&set.scores_after(Arm::Standard, epoch));
            writeln!(out, "| {epoch} | {standard:.1} | {} |", ahead.join(" | "))?;
        }
        writeln!(out)?;
    }
    Ok(long.iter().flat_map(|set| FOLLOWED.map(|arm| line(set, arm))).collect())
}

/// Arm − standard, seed by seed.
fn ahead_after(set: &Set, arm: Arm, epoch: usize) -> Vec<f64> {
    let [arm, standard] = [arm, Arm::Standard].map(|arm| set.scores_after(arm, epoch));
    arm.iter().zip(standard).map(|(arm, standard)| arm - standard).collect()
}

fn line(set: &Set, arm: Arm) -> Value {
    let by_epoch: Vec<Vec<f64>> = (1..=set.epochs()).map(|epoch| ahead_after(set, arm, epoch)).collect();
    let means: Vec<f64> = by_epoch.iter().map(|ahead| mean(ahead)).collect();
    let ci95: Vec<_> = by_epoch.iter().map(|ahead| t_interval(ahead)).collect();
    json!({"set": set.name, "arm": arm, "mean": means, "ci95": ci95, "date": set.date, "commits": set.commits})
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
