//! Findings about labels: variants of one label, words for missing values, class balance.

use super::super::mend::Mend;
use super::super::numbers::finite_number;
use super::super::{Dataset, Target};
use super::{Finding, FindingKind, OUTWEIGHS};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Words that programs write for a missing value, in lower case.
const MISSING: [&str; 12] =
    ["nan", "null", "none", "n/a", "#n/a", "na", "<na>", "nil", "-", "?", "missing", "undefined"];

impl Dataset {
    pub(super) fn label_findings(&self) -> Vec<Finding> {
        let counts = self.class_counts();
        let mut findings = Vec::new();
        let missing: Vec<usize> = (0..self.labels.len()).filter(|&it| is_missing(&self.labels[it])).collect();
        if !missing.is_empty() {
            let labels: Vec<String> = missing.iter().map(|&class| self.labels[class].clone()).collect();
            let rows = missing.iter().map(|&class| counts[class]).sum();
            let mend = Some(Mend::DropLabels { labels: labels.clone() });
            let kind = FindingKind::MissingWords { labels, rows };
            findings.push(Finding { kind, lines: self.lines_of(&missing), mend });
        }
        let by_case = |label: &str| Some(label.to_lowercase());
        let by_number = |label: &str| finite_number(label).map(|number| format!("{}", number + 0.0));
        findings.extend(self.variants(by_case, |labels| FindingKind::CaseVariants { labels }, &missing));
        findings.extend(self.variants(by_number, |labels| FindingKind::NumberVariants { labels }, &missing));
        let extreme = |by: fn(&usize, &usize) -> bool| {
            (0..counts.len()).reduce(|best, it| if by(&counts[it], &counts[best]) { it } else { best })
        };
        if let (Some(most), Some(fewest)) = (extreme(|a, b| a > b), extreme(|a, b| a < b))
            && counts[most] >= OUTWEIGHS * counts[fewest]
        {
            let kind = FindingKind::Imbalance {
                most: self.labels[most].clone(),
                most_rows: counts[most],
                fewest: self.labels[fewest].clone(),
                fewest_rows: counts[fewest],
            };
            findings.push(Finding { kind, lines: self.lines_of(&[fewest]), mend: None });
        }
        findings
    }

    /// Labels that are one by a rule; the most frequent gives its name to all.
    fn variants(
        &self,
        key: impl Fn(&str) -> Option<String>,
        kind: impl Fn(Vec<String>) -> FindingKind,
        missing: &[usize],
    ) -> Vec<Finding> {
        let counts = self.class_counts();
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for class in (0..self.labels.len()).filter(|class| !missing.contains(class)) {
            if let Some(key) = key(&self.labels[class]) {
                groups.entry(key).or_default().push(class);
            }
        }
        let several = groups.into_values().filter(|classes| classes.len() > 1);
        several
            .map(|mut classes| {
                classes.sort_by_key(|&class| Reverse(counts[class]));
                let labels: Vec<String> = classes.iter().map(|&class| self.labels[class].clone()).collect();
                let mend = Some(Mend::MergeLabels { into: labels[0].clone(), from: labels[1..].to_vec() });
                Finding { kind: kind(labels), lines: self.lines_of(&classes[1..]), mend }
            })
            .collect()
    }

    /// The lines of the rows of some classes.
    fn lines_of(&self, classes: &[usize]) -> Vec<u64> {
        let is_meant = |index: &usize| match self.examples[*index].target {
            Target::Class(class) => classes.contains(&class),
            Target::Score(_) => false,
        };
        self.lines((0..self.examples.len()).filter(is_meant))
    }
}

/// Whether a label is a word for a missing value.
fn is_missing(label: &str) -> bool {
    MISSING.contains(&label.to_lowercase().as_str())
}
