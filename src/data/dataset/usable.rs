//! Examples from rows whose columns are known.

use super::columns::Columns;
use super::table::{Cell, Table, finite_number, trimmed};
use super::{Example, Rejection, Target, Task};
use std::collections::HashMap;

/// Examples and labels; the rows that give none are rejected.
pub(super) fn usable_rows(table: &mut Table, columns: &Columns, task: Task) -> (Vec<Example>, Vec<String>) {
    let mut usable: Vec<(Example, String)> = Vec::new();
    for row in std::mem::take(&mut table.rows) {
        let field = |what: &str, column: usize| match row.cell(column) {
            None => Err(format!("no field {:?}", table.columns[column])),
            Some(Cell::Other(kind)) => Err(format!("the {what} is {kind}")),
            Some(Cell::Text(text)) if trimmed(text).is_empty() => Err(format!("the {what} is empty")),
            Some(Cell::Text(text)) => Ok(trimmed(text).to_string()),
        };
        let example = || {
            let text = field("text", columns.text)?;
            let pair = columns.pair.map(|column| field("second text", column)).transpose()?;
            let label = field("label", columns.label)?;
            let target = match task {
                Task::Classification => Target::Class(0), // known once all labels are
                Task::Regression => Target::Score(
                    finite_number(&label).ok_or_else(|| format!("the score {label:?} is not a finite number"))?,
                ),
            };
            Ok((Example { line: row.line, text, pair, target }, label))
        };
        match example() {
            Ok(example) => usable.push(example),
            Err(reason) => table.rejected.push(Rejection { line: row.line, reason }),
        }
    }
    if task == Task::Regression {
        return (usable.into_iter().map(|(example, _)| example).collect(), Vec::new());
    }
    leave_out_single(&mut usable, &mut table.rejected);
    let mut labels: Vec<String> = usable.iter().map(|(_, label)| label.clone()).collect();
    labels.sort();
    labels.dedup();
    // "10" after "9": a confusion matrix over ratings should read in their order.
    if labels.iter().all(|label| finite_number(label).is_some()) {
        labels.sort_by(|a, b| f32::total_cmp(&finite_number(a).unwrap_or(0.0), &finite_number(b).unwrap_or(0.0)));
    }
    let classes: HashMap<&String, usize> = labels.iter().enumerate().map(|(class, label)| (label, class)).collect();
    let classified = usable.into_iter().map(|(example, label)| {
        let target = Target::Class(classes[&label]);
        Example { target, ..example }
    });
    (classified.collect(), labels)
}

/// Rejects rows that alone have their label: nobody can be trained and tested on one. More than a tenth of such rows are not
/// mistakes of a few rows but of the column, and stay, to be refused with the file.
fn leave_out_single(usable: &mut Vec<(Example, String)>, rejected: &mut Vec<Rejection>) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (_, label) in usable.iter() {
        *counts.entry(label.clone()).or_default() += 1;
    }
    let single = counts.values().filter(|&&count| count == 1).count();
    if counts.len() - single < 2 || 10 * single > usable.len() {
        return;
    }
    usable.retain(|(example, label)| {
        let is_single = counts[label] == 1;
        if is_single {
            let reason = format!("{label:?} is the label of no other row: it takes one to train on and one to test on");
            rejected.push(Rejection { line: example.line, reason });
        }
        !is_single
    });
}
