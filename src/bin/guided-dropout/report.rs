//! Comparisons and verdict on standard output.

use guided_dropout_lab::lab::results::{BaselineComparison, Comparison};
use std::path::Path;

/// What an experiment has shown.
pub struct Report<'a> {
    pub comparisons: &'a [Comparison],
    pub baseline_comparisons: &'a [BaselineComparison],
    pub remarks: Vec<String>,
    pub verdict: &'a str,
    /// The file that has all of it.
    pub out: Option<&'a Path>,
}

impl Report<'_> {
    /// As lines, or as one JSON document.
    pub fn print(&self, json: bool) {
        if json {
            let Report { comparisons, remarks, verdict, out, .. } = self;
            let document =
                serde_json::json!({"out": out, "comparisons": comparisons, "verdict": verdict, "remarks": remarks});
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
        if let Some(out) = self.out {
            println!("\nwritten to {}", out.display());
        }
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", rest.as_str())
}
