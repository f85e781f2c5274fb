//! Changes to rows that a reader can request; [`super::Finding`]s suggest them.

use super::equal::key;
use super::{Cause, Example, Rejection};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// One change to the rows as they are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mend", rename_all = "snake_case")]
pub enum Mend {
    /// Some labels are ways of writing another.
    MergeLabels {
        /// Their names.
        into: String,
        /// The labels that are.
        from: Vec<String>,
    },
    /// Rows with these labels are left out.
    DropLabels {
        /// The labels.
        labels: Vec<String>,
    },
    /// Of equal texts with one label the first stays.
    DropEqual,
    /// Texts that occur with several labels are left out.
    DropContradictions,
    /// Texts that are nearly the same stay on one side of every split, as equal ones do.
    GroupNear,
}

/// Changes rows as asked, in the order asked; those left out are rejected.
pub(super) fn mend(mends: &[Mend], rows: &mut Vec<(Example, String)>, rejected: &mut Vec<Rejection>) {
    for mend in mends {
        match mend {
            Mend::MergeLabels { into, from } => {
                rows.iter_mut().filter(|(_, label)| from.contains(label)).for_each(|(_, label)| label.clone_from(into));
            }
            Mend::DropLabels { labels } => {
                drop_rows(rows, rejected, |_, label| labels.contains(label).then(|| format!("its label is {label:?}")));
            }
            Mend::DropEqual => {
                let mut seen: HashMap<(String, String), u64> = HashMap::new();
                drop_rows(rows, rejected, |example, label| {
                    let first = *seen.entry((key(example), label.clone())).or_insert(example.line);
                    (first != example.line).then(|| format!("its text and label are those of line {first}"))
                });
            }
            Mend::DropContradictions => {
                let mut labels: HashMap<String, HashSet<String>> = HashMap::new();
                for (example, label) in rows.iter() {
                    labels.entry(key(example)).or_default().insert(label.clone());
                }
                drop_rows(rows, rejected, |example, _| {
                    (labels[&key(example)].len() > 1).then(|| "its text occurs with another label, too".to_string())
                });
            }
            Mend::GroupNear => {} // of examples, once they are known
        }
    }
}

fn drop_rows(
    rows: &mut Vec<(Example, String)>,
    rejected: &mut Vec<Rejection>,
    mut why: impl FnMut(&Example, &String) -> Option<String>,
) {
    rows.retain(|(example, label)| {
        let reason = why(example, label);
        let is_kept = reason.is_none();
        rejected.extend(reason.map(|reason| Rejection { line: example.line, cause: Cause::Mended, reason }));
        is_kept
    });
}
