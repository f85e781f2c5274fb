//! Findings about data quality, each with its rows and the change that mends it.

mod labels;
mod near;
mod words;

use super::mend::Mend;
use super::{Dataset, Portion, Split, Target, Task};
pub(super) use near::near_clusters;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// Rows named with a finding, at most.
const NAMED_ROWS: usize = 200;
/// A class with this many times the rows of another is said to outweigh it.
const OUTWEIGHS: usize = 10;

/// A finding about data quality.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Its kind, with its numbers.
    #[serde(flatten)]
    pub kind: FindingKind,
    /// One-based lines of the file that it concerns, the first `NAMED_ROWS` of them.
    pub lines: Vec<u64>,
    /// The change that mends it; none where no change of the rows does.
    pub mend: Option<Mend>,
}

/// The kinds of findings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FindingKind {
    /// Texts that occur several times with one label.
    EqualTexts {
        /// How many such texts there are.
        texts: usize,
        /// Rows beyond the first of each.
        rows: usize,
    },
    /// Texts that occur with different labels.
    Contradictions {
        /// How many such texts there are.
        texts: usize,
        /// Rows that hold them.
        rows: usize,
    },
    /// Labels that differ in case only.
    CaseVariants {
        /// The labels, the most frequent first.
        labels: Vec<String>,
    },
    /// Labels that are the same number.
    NumberVariants {
        /// The labels, the most frequent first.
        labels: Vec<String>,
    },
    /// Labels that are words for a missing value.
    MissingWords {
        /// The labels.
        labels: Vec<String>,
        /// Rows that have them.
        rows: usize,
    },
    /// Test texts that nearly are training texts.
    NearDuplicates {
        /// Such rows of the test part.
        rows: usize,
        /// Rows of the test part.
        of: usize,
    },
    /// One label has many times the rows of another.
    Imbalance {
        /// The most frequent label.
        most: String,
        /// Its rows.
        most_rows: usize,
        /// The rarest label.
        fewest: String,
        /// Its rows.
        fewest_rows: usize,
    },
    /// How much one more right answer changes the accuracy.
    SmallestStep {
        /// Rows of the test part.
        test_rows: usize,
        /// In points of accuracy, 100 / `test_rows`.
        points: f64,
    },
    /// Training rows of the file's own split that are not trained on, since their text is in its test part.
    Leaked {
        /// How many.
        rows: usize,
    },
    /// Labels of the file's own test part that its training part lacks.
    UnseenLabels {
        /// The labels.
        labels: Vec<String>,
    },
    /// Tokens that the model does not know.
    UnknownTokens {
        /// Of all tokens.
        share: f64,
        /// Rows of which more than a tenth is unknown.
        rows: usize,
    },
    /// Texts that are longer than the limit.
    Cut {
        /// How many.
        rows: usize,
        /// Of how many.
        of: usize,
        /// The limit in tokens.
        limit: usize,
    },
}

/// Tokens of one example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenCount {
    /// With special tokens, before anything is cut.
    pub tokens: usize,
    /// Those that the tokenizer does not know.
    pub unknown: usize,
}

impl Dataset {
    /// The findings in the data set and in one split of it.
    pub fn health(&self, split: &Split) -> Vec<Finding> {
        let mut findings = self.repeated_texts();
        findings.extend(self.label_findings());
        findings.extend(self.near_duplicates(split));
        findings.extend(self.own_split_findings(split));
        if self.task == Task::Classification {
            let test_rows = split.test.len();
            let kind = FindingKind::SmallestStep { test_rows, points: 100.0 / test_rows.max(1) as f64 };
            findings.push(Finding { kind, lines: Vec::new(), mend: None });
        }
        findings
    }

    /// The findings in the tokens: unknown ones, and texts over the limit.
    pub fn token_health(&self, counts: &[TokenCount], limit: usize) -> Vec<Finding> {
        let mut findings = Vec::new();
        let (all, unknown) = counts.iter().fold((0, 0), |(all, none), it| (all + it.tokens, none + it.unknown));
        let of = |is_meant: &dyn Fn(&TokenCount) -> bool| {
            counts.iter().enumerate().filter(|(_, count)| is_meant(count)).map(|(index, _)| index).collect::<Vec<_>>()
        };
        let foreign = of(&|count| count.unknown * 10 > count.tokens);
        if !foreign.is_empty() {
            let kind = FindingKind::UnknownTokens { share: unknown as f64 / all.max(1) as f64, rows: foreign.len() };
            findings.push(Finding { kind, lines: self.lines(foreign), mend: None });
        }
        let cut = of(&|count| count.tokens > limit);
        if !cut.is_empty() {
            let kind = FindingKind::Cut { rows: cut.len(), of: counts.len(), limit };
            findings.push(Finding { kind, lines: self.lines(cut), mend: None });
        }
        findings
    }

    /// The lines of examples, the first ones.
    fn lines(&self, examples: impl IntoIterator<Item = usize>) -> Vec<u64> {
        examples.into_iter().take(NAMED_ROWS).map(|index| self.examples[index].line).collect()
    }

    fn repeated_texts(&self) -> Vec<Finding> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, &first) in self.equal_to.iter().enumerate() {
            groups.entry(first).or_default().push(index);
        }
        let agree = |group: &&Vec<usize>| {
            group.iter().all(|&index| self.examples[index].target == self.examples[group[0]].target)
        };
        let repeated = groups.values().filter(|group| group.len() > 1);
        let (same, different): (Vec<&Vec<usize>>, Vec<&Vec<usize>>) = repeated.partition(agree);
        let mut findings = Vec::new();
        if !same.is_empty() {
            let rows = same.iter().map(|group| group.len() - 1).sum();
            let kind = FindingKind::EqualTexts { texts: same.len(), rows };
            let lines = self.lines(same.into_iter().flatten().copied());
            findings.push(Finding { kind, lines, mend: Some(Mend::DropEqual) });
        }
        if !different.is_empty() {
            let rows = different.iter().map(|group| group.len()).sum();
            let kind = FindingKind::Contradictions { texts: different.len(), rows };
            let lines = self.lines(different.into_iter().flatten().copied());
            findings.push(Finding { kind, lines, mend: Some(Mend::DropContradictions) });
        }
        findings
    }

    /// Test rows that nearly are training rows. Equal ones cannot be: the split keeps them together.
    fn near_duplicates(&self, split: &Split) -> Option<Finding> {
        let clusters = near_clusters(&self.examples);
        let trained: HashSet<usize> = split.train.iter().map(|&index| clusters[index]).collect();
        let near: Vec<usize> = split.test.iter().copied().filter(|&index| trained.contains(&clusters[index])).collect();
        let kind = FindingKind::NearDuplicates { rows: near.len(), of: split.test.len() };
        let mend = (!self.has_own_split()).then_some(Mend::GroupNear);
        (!near.is_empty()).then(|| Finding { kind, lines: self.lines(near), mend })
    }

    fn own_split_findings(&self, split: &Split) -> Vec<Finding> {
        if !self.has_own_split() {
            return Vec::new();
        }
        let trained: HashSet<usize> = split.train.iter().chain(&split.validation).copied().collect();
        let is_leaked =
            |&index: &usize| self.examples[index].portion == Some(Portion::Train) && !trained.contains(&index);
        let leaked: Vec<usize> = (0..self.examples.len()).filter(is_leaked).collect();
        let mut findings = Vec::new();
        if !leaked.is_empty() {
            let kind = FindingKind::Leaked { rows: leaked.len() };
            findings.push(Finding { kind, lines: self.lines(leaked), mend: None });
        }
        let class = |index: &usize| match self.examples[*index].target {
            Target::Class(class) => Some(class),
            Target::Score(_) => None,
        };
        let seen: HashSet<usize> = split.train.iter().filter_map(class).collect();
        let is_unseen = |index: &usize| class(index).is_some_and(|class| !seen.contains(&class));
        let unseen: Vec<usize> = split.test.iter().copied().filter(is_unseen).collect();
        if !unseen.is_empty() {
            let classes: HashSet<usize> = unseen.iter().filter_map(class).collect();
            let labels = (0..self.labels.len()).filter(|it| classes.contains(it)).map(|it| self.labels[it].clone());
            let kind = FindingKind::UnseenLabels { labels: labels.collect() };
            findings.push(Finding { kind, lines: self.lines(unseen), mend: None });
        }
        findings
    }
}
