//! The tables of the second protocol, from the cells in `evidence/second/` whose runs are complete.

use super::{Cell, Failure, Plan};
use guided_dropout_lab::analysis::settled::{CurvePoint, Settlement, late_gain, settlement};
use guided_dropout_lab::analysis::stats::{
    PairedComparison, SIGNIFICANCE, compare_paired, equivalence_p, holm, t_interval,
};
use guided_dropout_lab::lab::choice::Choice;
use guided_dropout_lab::lab::results::BaselineRun;
use guided_dropout_lab::method::arms::Arm;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The bounds of equivalence, as a fraction: one point.
const BOUND: f64 = 0.01;
const BEGIN: &str = "\n## Results\n";

/// Pairs that are tested, the primary one first.
const PAIRS: [(Arm, Arm); 3] = [(Arm::Guided, Arm::Tuned), (Arm::Guided, Arm::ByKind), (Arm::Guided, Arm::Standard)];

/// A cell as `runs.rs` keeps it.
#[derive(Deserialize)]
pub(super) struct Kept {
    name: String,
    metric: String,
    rows: usize,
    test_rows: usize,
    seeds: Vec<u32>,
    chosen: BTreeMap<Arm, Choice>,
    probe: Probe,
    trials: BTreeMap<Arm, Vec<Trial>>,
    /// By arm: for each seed the scores after each third of the length.
    scores: BTreeMap<Arm, Vec<Option<Vec<f64>>>>,
    baselines: Vec<BaselineRun>,
    hours: f64,
    commit: String,
}

#[derive(Deserialize)]
struct Probe {
    scores: Vec<Option<Option<Vec<f64>>>>,
}

#[derive(Deserialize)]
struct Trial {
    setting: guided_dropout_lab::lab::choice::Setting,
    scores: Option<Vec<f64>>,
}

impl Kept {
    /// The last scores of an arm, seed by seed.
    fn last(&self, arm: Arm) -> Vec<Option<f64>> {
        self.scores.get(&arm).into_iter().flatten().map(|s| s.as_ref()?.last().copied()).collect()
    }

    /// Arm minus baseline over the seeds that both have.
    fn differences(&self, arm: Arm, baseline: Arm) -> Vec<f64> {
        self.last(arm).into_iter().zip(self.last(baseline)).filter_map(|(a, b)| Some(a? - b?)).collect()
    }

    /// The mean after each third.
    fn curve(&self, arm: Arm) -> Vec<CurvePoint> {
        let runs: Vec<&Vec<f64>> = self.scores[&arm].iter().flatten().collect();
        let epochs = self.chosen[&arm].setting.epochs;
        let at = |third: usize| mean(runs.iter().map(|run| run[third]));
        (0..3).map(|third| CurvePoint { epoch: (third + 1) * epochs / 3, mean: at(third) }).collect()
    }

    /// What twice the length changes for `standard`, on the rows of the search.
    fn doubled(&self) -> Option<f64> {
        let chosen = self.chosen[&Arm::Standard].setting;
        let once = self.trials[&Arm::Standard].iter().filter(|t| t.setting == chosen);
        let once: Vec<f64> = once.filter_map(|t| t.scores.as_ref()?.last().copied()).collect();
        let twice: Vec<f64> = self.probe.scores.iter().flatten().flatten().filter_map(|s| s.last().copied()).collect();
        let are_whole = !once.is_empty() && once.len() == self.probe.scores.len() && once.len() == twice.len();
        are_whole.then(|| mean(twice.into_iter()) - mean(once.into_iter()))
    }

    /// The better baseline's mean, and its name.
    fn baseline(&self) -> String {
        let mut of: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for run in &self.baselines {
            of.entry(run.baseline.name()).or_default().push(run.scores.get(&self.metric).unwrap_or(0.0));
        }
        let means = of.into_iter().map(|(name, scores)| (name, mean(scores.into_iter())));
        let best = means.reduce(|best, other| if other.1 > best.1 { other } else { best });
        best.map_or("–".into(), |(name, mean)| format!("{:.1} ({name})", 100.0 * mean))
    }

    fn settlement(&self, arm: Arm) -> Settlement {
        let gain = late_gain(&self.curve(arm), self.chosen[&arm].setting.epochs);
        settlement(gain, self.doubled())
    }

    fn has_settled(&self, (arm, baseline): (Arm, Arm)) -> bool {
        [arm, baseline].iter().all(|&arm| self.settlement(arm) == Settlement::Settled)
    }
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count() as f64
}

/// Writes everything below "Results" in `docs/evidence/protocol-2.md`.
pub fn write(plan: &Plan, root: &Path) -> Result<(), Failure> {
    let path = root.join("docs/evidence/protocol-2.md");
    let text = fs::read_to_string(&path)?;
    let protocol = text.split(BEGIN).next().unwrap_or_default().trim_end();
    fs::write(&path, format!("{protocol}\n{BEGIN}\n{}", tables(&complete(plan, root)?)?))?;
    Ok(())
}

/// The tests of every complete cell, for the page: differences as fractions, p-values corrected over the cells of their pair.
pub fn figure(plan: &Plan, root: &Path) -> Result<Vec<Value>, Failure> {
    let cells = complete(plan, root)?;
    let of_pair = |&pair: &(Arm, Arm)| {
        let tested = tested(&cells, pair);
        let entry = |(cell, Tested { paired, p, tost }): (&Kept, &Tested)| {
            json!({
                "set": cell.name.rsplit_once('-').map_or(cell.name.as_str(), |(set, _)| set), "rows": cell.rows, "baseline": pair.1,
                "seeds": paired.seeds, "mean": paired.mean_difference, "ci95": paired.ci95, "p_holm": p,
                "significant": *p < SIGNIFICANCE, "equivalent": *tost < SIGNIFICANCE,
                "settled": cell.has_settled(pair), "commit": cell.commit,
            })
        };
        cells.iter().zip(&tested).map(entry).collect::<Vec<_>>()
    };
    Ok(PAIRS.iter().flat_map(of_pair).collect())
}

/// The cells in `evidence/second/` whose runs are complete.
fn complete(plan: &Plan, root: &Path) -> Result<Vec<Kept>, Failure> {
    let folder = root.join("evidence/second");
    let found = plan.cells.iter().map(|cell| kept_in(&folder, plan, cell));
    found.filter_map(Result::transpose).collect()
}

/// The cell as the folder holds it, if all its seeds have run.
pub(super) fn kept_in(folder: &Path, plan: &Plan, cell: &Cell) -> Result<Option<Kept>, Failure> {
    let file = folder.join(format!("{}.json", cell.name()));
    if !file.exists() {
        return Ok(None);
    }
    let kept: Kept = serde_json::from_slice(&fs::read(file)?)?;
    Ok((kept.seeds.len() == plan.seeds()?.len()).then_some(kept))
}

/// One pair in one cell.
struct Tested {
    paired: PairedComparison,
    /// Corrected over the cells, as that of equivalence.
    p: f64,
    tost: f64,
}

fn tested(cells: &[Kept], (arm, baseline): (Arm, Arm)) -> Vec<Tested> {
    let differences: Vec<Vec<f64>> = cells.iter().map(|cell| cell.differences(arm, baseline)).collect();
    let paired: Vec<PairedComparison> = differences.iter().map(|d| compare_paired(d, 0)).collect();
    let p = holm(&paired.iter().map(|p| p.p_value.unwrap_or(1.0)).collect::<Vec<_>>());
    let tost = holm(&differences.iter().map(|d| equivalence_p(d, BOUND).unwrap_or(1.0)).collect::<Vec<_>>());
    paired.into_iter().zip(p).zip(tost).map(|((paired, p), tost)| Tested { paired, p, tost }).collect()
}

fn tables(cells: &[Kept]) -> Result<String, Failure> {
    if cells.is_empty() {
        return Ok("No cell is complete yet.\n".into());
    }
    let mut out = String::new();
    let names: Vec<&str> = cells.iter().map(|cell| cell.name.as_str()).collect();
    writeln!(out, "Complete cells: {}. Differences are in points.\n", names.join(", "))?;
    for (number, pair) in PAIRS.iter().enumerate() {
        let title = if number == 0 { "Primary" } else { "Secondary" };
        writeln!(out, "### {title}: {} − {}\n", pair.0, pair.1)?;
        compared(&mut out, cells, *pair)?;
        overall(&mut out, cells, *pair)?;
    }
    means(&mut out, cells)?;
    settings(&mut out, cells)?;
    Ok(out)
}

/// One pair in every cell.
fn compared(out: &mut String, cells: &[Kept], pair: (Arm, Arm)) -> Result<(), Failure> {
    writeln!(
        out,
        "| cell | difference (95 % interval) | pairs | Holm p of {0} | Holm TOST p of {0} | guided is |",
        cells.len()
    )?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for (cell, Tested { paired, p, tost }) in cells.iter().zip(tested(cells, pair)) {
        let words = words(&paired, p, tost);
        let mark = if cell.has_settled(pair) { "" } else { " (not settled)" };
        let [p, tost] = [p, tost].map(shown);
        writeln!(out, "| {}{mark} | {} | {} | {p} | {tost} | {words} |", cell.name, difference(&paired), paired.seeds)?;
    }
    writeln!(out)?;
    Ok(())
}

/// The mean over cells, seed by seed.
fn overall(out: &mut String, cells: &[Kept], (arm, baseline): (Arm, Arm)) -> Result<(), Failure> {
    writeln!(out, "| overall | cells | difference (95 % interval) | p | TOST p |\n|---|---|---|---|---|")?;
    let settled = |cell: &&Kept| cell.has_settled((arm, baseline));
    let groups: [(&str, Vec<&Kept>); 4] = [
        ("100 rows", cells.iter().filter(|cell| cell.rows == 100).collect()),
        ("1,000 rows", cells.iter().filter(|cell| cell.rows == 1000).collect()),
        ("all", cells.iter().collect()),
        ("all that have settled", cells.iter().filter(settled).collect()),
    ];
    for (name, cells) in groups.iter().filter(|(_, cells)| !cells.is_empty()) {
        let seeds = cells[0].seeds.len();
        let of_seed = |i: usize| {
            let in_cell = |cell: &&Kept| Some(cell.last(arm)[i]? - cell.last(baseline)[i]?);
            let all: Option<Vec<f64>> = cells.iter().map(in_cell).collect();
            all.map(|all| mean(all.into_iter()))
        };
        let differences: Vec<f64> = (0..seeds).filter_map(of_seed).collect();
        let paired = compare_paired(&differences, 0);
        let p = paired.p_value.map_or("–".into(), shown);
        let tost = equivalence_p(&differences, BOUND).map_or("–".into(), shown);
        writeln!(out, "| {name} | {} | {} | {p} | {tost} |", cells.len(), difference(&paired))?;
    }
    writeln!(out)?;
    Ok(())
}

/// Every arm's mean in every cell.
fn means(out: &mut String, cells: &[Kept]) -> Result<(), Failure> {
    let arms: Vec<Arm> = cells
        .iter()
        .max_by_key(|cell| cell.scores.len())
        .map(|c| c.scores.keys().copied().collect())
        .unwrap_or_default();
    let names: Vec<&str> = arms.iter().map(|arm| arm.name()).collect();
    writeln!(
        out,
        "### Means, in percent\n\n| cell | {} | better baseline |\n|---{}|---|",
        names.join(" | "),
        "|---".repeat(arms.len())
    )?;
    for cell in cells {
        let of = |&arm: &Arm| {
            let scores: Vec<f64> = cell.last(arm).into_iter().flatten().collect();
            t_interval(&scores).map_or("–".to_string(), |[low, high]| {
                format!("{:.1} ± {:.1}", 100.0 * mean(scores.iter().copied()), 50.0 * (high - low))
            })
        };
        let line = arms.iter().map(of).collect::<Vec<_>>().join(" | ");
        writeln!(out, "| {} ({}) | {line} | {} |", cell.name, cell.metric, cell.baseline())?;
    }
    writeln!(out)?;
    Ok(())
}

/// What each arm chose, and whether it has settled.
fn settings(out: &mut String, cells: &[Kept]) -> Result<(), Failure> {
    writeln!(
        out,
        "### Settings chosen, and settled or not\n\n| cell | arm | learning rate | epochs | rate | gain over the last third | settled |\n|---|---|---|---|---|---|---|"
    )?;
    for cell in cells {
        for (&arm, choice) in &cell.chosen {
            let gain = late_gain(&cell.curve(arm), choice.setting.epochs).map_or("–".into(), |g| signed(100.0 * g));
            let rate = choice.setting.rate.map_or("–".into(), |rate| rate.to_string());
            let word = match cell.settlement(arm) {
                Settlement::Settled => "settled",
                Settlement::Flat => "flat, not probed",
                Settlement::FlatNotSettled => "flat, not settled",
                Settlement::Climbing => "climbing",
                Settlement::Unknown => "unknown",
            };
            writeln!(
                out,
                "| {} | {arm} | {:e} | {} | {rate} | {gain} | {word} |",
                cell.name, choice.setting.learning_rate, choice.setting.epochs
            )?;
        }
        let doubled = cell.doubled().map_or("–".into(), |change| signed(100.0 * change));
        writeln!(out, "| {} | probe of standard: {doubled} | | | | | |", cell.name)?;
    }
    let hours: f64 = cells.iter().map(|cell| cell.hours).sum();
    let commits: std::collections::BTreeSet<&str> = cells.iter().map(|cell| cell.commit.as_str()).collect();
    let commits = commits.into_iter().collect::<Vec<_>>().join(", ");
    let test_rows = cells.iter().map(|cell| cell.test_rows).max().unwrap_or_default();
    writeln!(
        out,
        "\n{hours:.1} hours of a thread of the lowest priority, waiting included; up to {test_rows} rows to test on; core of {commits}."
    )?;
    Ok(())
}

fn words(paired: &PairedComparison, p: f64, tost: f64) -> String {
    let mut words = Vec::new();
    if p < SIGNIFICANCE {
        words.push(if paired.mean_difference > 0.0 { "**ahead**" } else { "**behind**" });
    }
    if tost < SIGNIFICANCE {
        words.push("**equivalent**");
    }
    if words.is_empty() { "undecided".into() } else { words.join(", ") }
}

fn difference(paired: &PairedComparison) -> String {
    let interval =
        paired.ci95.map_or("–".into(), |[low, high]| format!("{} to {}", signed(100.0 * low), signed(100.0 * high)));
    format!("{} ({interval})", signed(100.0 * paired.mean_difference))
}

fn signed(value: f64) -> String {
    format!("{value:+.1}").replace('-', "−")
}

fn shown(p: f64) -> String {
    if p < 1e-4 { "< .0001".into() } else { format!("{p:.4}") }
}
