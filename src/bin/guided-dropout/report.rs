//! Comparisons and verdict on standard output.

use guided_dropout_lab::lab::results::{BaselineComparison, Comparison, SuspectRow, Suspects};
use std::path::Path;

/// Suspect labels that are printed; results.json has more.
const SHOWN_SUSPECTS: usize = 10;

/// What an experiment has shown.
pub struct Report<'a> {
    pub comparisons: &'a [Comparison],
    pub baseline_comparisons: &'a [BaselineComparison],
    pub remarks: Vec<String>,
    pub verdict: &'a str,
    /// Labels that the runs contradict, and the names of the classes.
    pub suspects: Option<(&'a Suspects, &'a [String])>,
    /// The file that has all of it.
    pub out: Option<&'a Path>,
}

impl Report<'_> {
    /// As lines, or as one JSON document.
    pub fn print(&self, json: bool) {
        if json {
            let Report { comparisons, remarks, verdict, out, .. } = self;
            let suspects = self.suspects.map(|(suspects, _)| suspects);
            let document = serde_json::json!({
                "out": out, "comparisons": comparisons, "verdict": verdict, "remarks": remarks, "suspects": suspects
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
        println!();
        self.remarks.iter().for_each(|remark| println!("{}", sentence(remark)));
        println!("\n{}", self.verdict);
        if let Some((suspects, labels)) = self.suspects {
            print_suspects(suspects, labels);
        }
        if let Some(out) = self.out {
            println!("\nwritten to {}", out.display());
        }
    }
}

/// How many there are, and the first of them.
fn print_suspects(Suspects { arm, seeds, tested_rows, found, rows, .. }: &Suspects, labels: &[String]) {
    println!("\nLabels worth a second look: {found} of {tested_rows} rows that the {seeds} seeds of {arm} tested.");
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
