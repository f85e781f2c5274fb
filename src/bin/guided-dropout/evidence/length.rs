//! Differences by training length: descriptive, without tests.

use super::Failure;
use super::set::Set;
use super::tables::{difference, mean, recorded};
use guided_dropout_lab::analysis::stats::{compare_paired, t_interval};
use guided_dropout_lab::method::arms::Arm;
use serde_json::{Value, json};
use std::fmt::Write;

/// The one share that long sets have.
pub const SHARE: f64 = 0.1;
pub const LONG_EPOCHS: usize = 30;
/// The epochs that are tabled; the page's figure has all.
const TABLED: [usize; 10] = [1, 2, 3, 4, 5, 7, 10, 15, 20, LONG_EPOCHS];
/// Half of standard's noise at the wrong places, everywhere and at the right ones; and none.
const FOLLOWED: [Arm; 4] = [Arm::Reversed, Arm::UniformMean, Arm::Guided, Arm::None];

/// `of_plan`: the sets whose rows the long ones have, at three epochs. Returns the page's figure.
pub fn length(out: &mut String, long: &[Set], of_plan: &[&Set]) -> Result<Value, Failure> {
    writeln!(
        out,
        "### What the length of training does, without tests\n\nThe difference here less that at a tenth of the rows in three epochs.\n"
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
        "\n### Along the training, without tests\n\nLooked at after the results. Of the same runs, after some of their thirty epochs: the mean of \
         `standard`, and differences from it, each interval for that epoch alone.\n"
    )?;
    for set in long {
        writeln!(
            out,
            "| {}, after epoch | `standard` | {} |",
            set.name,
            FOLLOWED.map(|arm| format!("{arm} − standard")).join(" | ")
        )?;
        writeln!(out, "|---|---|{}", "---|".repeat(FOLLOWED.len()))?;
        for epoch in TABLED {
            let ahead = FOLLOWED.map(|arm| difference(&compare_paired(&ahead_after(set, arm, epoch), 0)));
            let standard = 100.0 * mean(&set.scores_after(Arm::Standard, epoch));
            writeln!(out, "| {epoch} | {standard:.1} | {} |", ahead.join(" | "))?;
        }
        writeln!(out)?;
    }
    let lines: Vec<Value> = long.iter().flat_map(|set| FOLLOWED.map(|arm| line(set, arm))).collect();
    Ok(json!({"recorded": recorded(long.iter()), "lines": lines}))
}

/// Arm − standard, seed by seed.
fn ahead_after(set: &Set, arm: Arm, epoch: usize) -> Vec<f64> {
    let [arm, standard] = [arm, Arm::Standard].map(|arm| set.scores_after(arm, epoch));
    arm.iter().zip(standard).map(|(arm, standard)| arm - standard).collect()
}

fn line(set: &Set, arm: Arm) -> Value {
    let by_epoch: Vec<Vec<f64>> = (1..=LONG_EPOCHS).map(|epoch| ahead_after(set, arm, epoch)).collect();
    let means: Vec<f64> = by_epoch.iter().map(|ahead| mean(ahead)).collect();
    let ci95: Vec<_> = by_epoch.iter().map(|ahead| t_interval(ahead)).collect();
    json!({"set": set.name, "arm": arm, "mean": means, "ci95": ci95})
}
