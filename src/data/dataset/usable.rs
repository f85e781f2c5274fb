//! Examples from rows with assigned columns.

use super::columns::Columns;
use super::equal::key;
use super::mend::mend;
use super::table::{Cell, Table, trimmed};
use super::{Cause, Example, ReadOptions, Rejection, Target, Task};
use std::collections::{HashMap, HashSet};

/// Examples and labels; the rows that give none are rejected.
pub(super) fn usable_rows(
    table: &mut Table,
    columns: &Columns,
    task: Task,
    options: &ReadOptions,
) -> (Vec<Example>, Vec<String>) {
    let mut usable: Vec<(Example, String)> = Vec::new();
    let lists = columns.lists.filter(|_| task == Task::Classification);
    for (place, row) in std::mem::take(&mut table.rows).into_iter().enumerate() {
        let text = |what: &str, column: usize, missing: Cause| match row.cell(column) {
            None => Err((missing, format!("no field {:?}", table.columns[column]))),
            Some(Cell::Other(kind)) => Err((Cause::Kind, format!("the {what} is {kind}"))),
            Some(Cell::Undecoded) => Err((Cause::Encoding, format!("the {what} is not UTF-8 text"))),
            Some(Cell::List(_)) => Err((Cause::Kind, format!("the {what} is a list"))),
            Some(Cell::Text(text)) if trimmed(text).is_empty() => Err((missing, format!("the {what} is empty"))),
            Some(Cell::Text(text)) => Ok(trimmed(text).to_string()),
        };
        let label = || {
            let mut found = match (row.cell(columns.label), lists) {
                (Some(Cell::List(items)), _) => items.iter().map(|item| trimmed(item).to_string()).collect(),
                (Some(Cell::Text(text)), Some(style)) => style.labels(trimmed(text)),
                _ => return text("label", columns.label, Cause::NoLabel),
            };
            match found.len() {
                1 if !found[0].is_empty() => Ok(found.remove(0)),
                0 | 1 => Err((Cause::NoLabel, "the label is empty".to_string())),
                several => {
                    let listed = found.iter().take(3).map(|label| format!("{label:?}")).collect::<Vec<_>>().join(", ");
                    Err((Cause::SeveralLabels, format!("{several} labels ({listed}): a row is learnt with one")))
                }
            }
        };
        let example =
            || {
                let words = text("text", columns.text, Cause::NoText)?;
                let pair = columns.pair.map(|column| text("second text", column, Cause::NoPair)).transpose()?;
                let label = label()?;
                let target =
                    match task {
                        Task::Classification => Target::Class(0), // known once all labels are
                        Task::Regression => Target::Score(columns.style.parse(&label).ok_or_else(|| {
                            (Cause::NotANumber, format!("the score {label:?} is not a finite number"))
                        })?),
                    };
                Ok((Example { line: row.line, row: place, text: words, pair, target, portion: row.portion }, label))
            };
        match example() {
            Ok(example) => usable.push(example),
            Err((cause, reason)) => table.rejected.push(Rejection { line: row.line, cause, reason }),
        }
    }
    mend(&options.mend, &mut usable, &mut table.rejected);
    if task == Task::Regression {
        return (usable.into_iter().map(|(example, _)| example).collect(), Vec::new());
    }
    leave_out_single(&mut usable, &mut table.rejected);
    let mut labels: Vec<String> = usable.iter().map(|(_, label)| label.clone()).collect();
    labels.sort();
    labels.dedup();
    // "10" after "9": a confusion matrix over ratings should read in their order.
    let number = |label: &String| columns.style.parse(label);
    if labels.iter().all(|label| number(label).is_some()) {
        labels.sort_by(|a, b| f32::total_cmp(&number(a).unwrap_or(0.0), &number(b).unwrap_or(0.0)));
    }
    let classes: HashMap<&String, usize> = labels.iter().enumerate().map(|(class, label)| (label, class)).collect();
    let classified = usable.into_iter().map(|(example, label)| {
        let target = Target::Class(classes[&label]);
        Example { target, ..example }
    });
    (classified.collect(), labels)
}

/// Rejects rows whose text alone has their label: nobody can be trained and tested on one. More than a tenth of such rows are not
/// mistakes of a few rows but of the column, and stay, to be refused with the file.
fn leave_out_single(usable: &mut Vec<(Example, String)>, rejected: &mut Vec<Rejection>) {
    let mut texts: HashMap<String, HashSet<String>> = HashMap::new();
    let mut rows: HashMap<String, usize> = HashMap::new();
    for (example, label) in usable.iter() {
        texts.entry(label.clone()).or_default().insert(key(example));
        *rows.entry(label.clone()).or_default() += 1;
    }
    let is_single = |label: &String| texts[label].len() == 1;
    let labels = texts.keys().filter(|label| is_single(label));
    let single: usize = labels.clone().map(|label| rows[label]).sum();
    if texts.len() - labels.count() < 2 || 10 * single > usable.len() {
        return;
    }
    usable.retain(|(example, label)| {
        let is_single = is_single(label);
        if is_single {
            let reason =
                format!("{label:?} is the label of no other text: it takes one to train on and one to test on");
            rejected.push(Rejection { line: example.line, cause: Cause::LoneLabel, reason });
        }
        !is_single
    });
}

/// Takes away the labels that no example has any more.
pub(super) fn forget_unused(examples: &mut [Example], labels: &mut Vec<String>) {
    let mut is_used = vec![false; labels.len()];
    for example in examples.iter() {
        if let Target::Class(class) = example.target {
            is_used[class] = true;
        }
    }
    let places: Vec<usize> =
        (0..labels.len()).map(|class| is_used[..class].iter().filter(|used| **used).count()).collect();
    for example in examples {
        if let Target::Class(class) = &mut example.target {
            *class = places[*class];
        }
    }
    let mut is_used = is_used.into_iter();
    labels.retain(|_| is_used.next() == Some(true));
}
