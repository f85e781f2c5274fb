//! Comparisons and verdict on standard output.

use guided_dropout_lab::lab::results::{
    ArmEffect, BaselineComparison, Caution, ClassScores, Comparison, CorrectionEffect, MOST_LISTED, SeedMean,
    SuspectRow, Suspects,
};
use std::path::Path;

/// Suspect labels that are printed; results.json has more.
const SHOWN_SUSPECTS: usize = 10;

/// With more classes than this, none is printed; results.json has them.
const SHOWN_CLASSES: usize = 12;

/// What an experiment has shown.
pub struct Report<'a> {
    pub comparisons: &'a [Comparison],
    pub baseline_comparisons: &'a [BaselineComparison],
    pub remarks: Vec<String>,
    /// What the last doubling of the rows gave each arm.
    pub doublings: Vec<String>,
    /// Every class in every arm, and the names of the classes.
    pub classes: (&'a [ClassScores], &'a [String]),
    pub verdict: &'a str,
    /// Labels that the runs contradict, and the names of the classes.
    pub suspects: Option<(&'a Suspects, &'a [String])>,
    /// What corrected labels changed.
    pub correction_effect: Option<&'a CorrectionEffect>,
    /// The file that has all of it.
    pub out: Option<&'a Path>,
}

impl Report<'_> {
    /// As lines, or as one JSON document.
    pub fn print(&self, json: bool) {
        if json {
            let Report { comparisons, remarks, doublings, verdict, out, .. } = self;
            let (classes, _) = self.classes;
            let suspects = self.suspects.map(|(suspects, _)| suspects);
            let document = serde_json::json!({
                "out": out, "comparisons": comparisons, "verdict": verdict, "remarks": remarks, "doublings": doublings,
                "classes": classes, "suspects": suspects, "correction_effect": self.correction_effect
            });
            println!("{document}");
            return;
        }
        for c in self.comparisons {
            let interval = c.paired.ci95.map_or("–".into(), |[low, high]| format!("{low:+.4} to {high:+.4}"));
            let p = c.p_holm.map_or("–".into(), |p| format!("{p:.3}"));
            let (arm, baseline, difference) = (c.arm.name(), c.baseline.name(), c.paired.mean_difference);
            println!(
                "{:10} {arm:>12} − {baseline:12} at {:>4}: {difference:+.4} ({interval}), Holm p {p}",
                c.metric, c.fraction
            );
        }
        for c in self.baseline_comparisons {
            let interval = c.paired.ci95.map_or("–".into(), |[low, high]| format!("{low:+.4} to {high:+.4}"));
            let (arm, baseline, difference) = (c.arm.name(), c.baseline.name(), c.paired.mean_difference);
            println!("{:10} {arm:>12} − {baseline:12} at {:>4}: {difference:+.4} ({interval})", c.metric, c.fraction);
        }
        print_classes(self.classes);
        println!();
        self.remarks.iter().chain(&self.doublings).for_each(|remark| println!("{}", sentence(remark)));
        println!("\n{}", self.verdict);
        if let Some((suspects, labels)) = self.suspects {
            print_suspects(suspects, labels);
        }
        if let Some(effect) = self.correction_effect {
            print_effect(effect);
        }
        if let Some(out) = self.out {
            println!("\nwritten to {}", out.display());
        }
    }
}

/// Each arm before and after the corrections, on the same test rows.
fn print_effect(CorrectionEffect { metric, arms, .. }: &CorrectionEffect) {
    println!("\nwith corrected labels, on the same test rows with the labels that the file gives:");
    for ArmEffect { arm, earlier, corrected, paired, p_holm, .. } in arms {
        let interval = paired.ci95.map_or("–".into(), |[low, high]| format!("{low:+.4} to {high:+.4}"));
        let (p, arm, seeds) = (p_holm.map_or("–".into(), |p| format!("{p:.3}")), arm.name(), paired.seeds);
        let difference = paired.mean_difference;
        println!(
            "{metric:10} {arm:>12}: {earlier:.4} → {corrected:.4}, {difference:+.4} ({interval}), Holm p {p}, {seeds} seeds"
        );
    }
}

/// Precision, recall and F1 of each class, arm by arm, with their intervals over seeds.
fn print_classes((scores, labels): (&[ClassScores], &[String])) {
    if labels.len() > SHOWN_CLASSES {
        return;
    }
    for ClassScores { arm, class, rows, precision, recall, f1, .. } in scores {
        let label = labels.get(*class).map_or_else(|| format!("class {}", class + 1), |label| format!("{label:?}"));
        println!(
            "{:>12} {label}: precision {}, recall {}, F1 {}, of {rows} test rows",
            arm.name(),
            in_words(precision),
            in_words(recall),
            in_words(f1)
        );
    }
}

fn in_words(SeedMean { mean, ci95 }: &SeedMean) -> String {
    let interval = ci95.map_or(String::new(), |[low, high]| format!(" ({low:.3} to {high:.3})"));
    format!("{mean:.3}{interval}")
}

/// How many there are, and the first of them.
fn print_suspects(suspects: &Suspects, labels: &[String]) {
    let Suspects { arm, seeds, tested_rows, untested_rows, found, caution, rows, .. } = suspects;
    println!("\nLabels worth a second look: {found} of {tested_rows} rows that the {seeds} seeds of {arm} tested.");
    if *untested_rows > 0 {
        println!("{untested_rows} rows were never tested. With --folds 5 --seeds 5 every row is.");
    }
    match caution {
        Some(Caution::NoBetterThanMajority) => println!(
            "Caution: the predictions agree with the labels no more often than the most frequent label does, so this list says nothing."
        ),
        Some(Caution::LowAccuracy) => println!(
            "Caution: the models contradict more than {:.0} % of the labels. Rarely is a tenth of all labels wrong, so most of these are right.",
            100.0 * MOST_LISTED
        ),
        None => {}
    }
    for &SuspectRow { line, label, usual, agreeing, tested, self_confidence, .. } in rows.iter().take(SHOWN_SUSPECTS) {
        let (label, usual) = (&labels[label], &labels[usual]);
        println!(
            "line {line}: {label}, predicted as {usual} by {agreeing} of {tested}; self-confidence {self_confidence:.3}"
        );
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", rest.as_str())
}
