//! Rows within one JSON object: in a field, by column, by name, by split.

use super::super::guess::JsonForm;
use super::super::portion::Portion;
use super::entry::{Entry, is_row};
use super::scan::{Member, array_elements, object_members, without_nan};
use serde_json::{Map, Value};

/// Fields that usually hold the rows.
const FIELDS: [&str; 11] = [
    "data",
    "rows",
    "examples",
    "items",
    "records",
    "results",
    "instances",
    "documents",
    "entries",
    "samples",
    "sentences",
];

/// A row, not yet parsed or already made of columns.
pub(crate) enum Source<'a> {
    Raw(&'a [u8]),
    Made(Entry),
}

/// Rows of one object.
pub(crate) struct Rows<'a> {
    pub(crate) rows: Vec<(u64, Source<'a>, Option<Portion>)>,
    pub(crate) form: JsonForm,
    /// The field that holds the rows, where one does.
    pub(crate) field: String,
}

/// The rows that the one object of a file holds; else the names of its fields.
pub(crate) fn rows_of_object(bytes: &[u8]) -> Result<Rows<'_>, Vec<String>> {
    let open = bytes.iter().position(|&byte| byte == b'{').unwrap_or(0);
    let Some(members) = object_members(bytes, open) else { return Err(Vec::new()) };
    let names = || members.iter().map(|member| member.key.clone()).collect::<Vec<_>>();
    let found = splits(bytes, &members)
        .or_else(|| split_orient(bytes, &members))
        .or_else(|| field(bytes, &members))
        .or_else(|| columns(bytes, &members))
        .or_else(|| objects(bytes, &members));
    found.ok_or_else(names)
}

fn raw_rows<'a>(
    bytes: &'a [u8],
    member: &Member<'_>,
    portion: Option<Portion>,
) -> Vec<(u64, Source<'a>, Option<Portion>)> {
    array_elements(&bytes[..member.start + member.value.len()], member.start)
        .into_iter()
        .map(|(line, part)| (line, Source::Raw(part), portion))
        .collect()
}

/// Whether a value is an array of rows, by its first ones.
fn holds_rows(bytes: &[u8], member: &Member<'_>) -> bool {
    let elements = || array_elements(&bytes[..member.start + member.value.len()], member.start);
    member.value.starts_with(b"[") && elements().first().is_some_and(|(_, part)| is_row(part))
}

/// `{"train": […], "test": […]}`, `{"oos_train": […], "val": […], …}`; a split may be empty, and what is no list says something about the file.
fn splits<'a>(bytes: &'a [u8], members: &[Member<'_>]) -> Option<Rows<'a>> {
    let lists: Vec<&Member<'_>> = members.iter().filter(|member| member.value.starts_with(b"[")).collect();
    let is_empty = |member: &Member<'_>| member.value[1..].trim_ascii() == b"]";
    let is_split =
        |member: &&Member<'_>| Portion::of(&member.key).is_some() && (is_empty(member) || holds_rows(bytes, member));
    if lists.is_empty() || !lists.iter().all(is_split) {
        return None;
    }
    // One split alone divides nothing.
    let portion = |member: &Member<'_>| Portion::of(&member.key).filter(|_| lists.len() > 1);
    let filled = lists.iter().filter(|member| !is_empty(member));
    let rows = filled.flat_map(|member| raw_rows(bytes, member, portion(member))).collect();
    Some(Rows { rows, form: JsonForm::Splits, field: String::new() })
}

/// pandas' `split`: `{"columns": ["text", "label"], "index": [0, 1], "data": [["…", "a"], …]}`.
fn split_orient<'a>(bytes: &'a [u8], members: &[Member<'_>]) -> Option<Rows<'a>> {
    let of = |key: &str| members.iter().find(|member| member.key == key);
    let header: Vec<Value> = serde_json::from_slice(of("columns")?.value).ok()?;
    let data = of("data").filter(|data| holds_rows(bytes, data))?;
    let mut rows = raw_rows(bytes, data, None);
    let line = rows.first()?.0;
    rows.insert(0, (line, Source::Made(Entry::List(header)), None));
    Some(Rows { rows, form: JsonForm::SplitOrient, field: "data".to_string() })
}

/// `{"version": 1, "data": [{…}, …]}`.
fn field<'a>(bytes: &'a [u8], members: &[Member<'_>]) -> Option<Rows<'a>> {
    let usual = FIELDS.iter().find_map(|name| members.iter().find(|it| it.key == *name && holds_rows(bytes, it)));
    let mut others = members.iter().filter(|member| holds_rows(bytes, member));
    let only = match (others.next(), others.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    };
    let holder = usual.or(only)?;
    Some(Rows { rows: raw_rows(bytes, holder, None), form: JsonForm::Field, field: holder.key.clone() })
}

/// `{"text": ["…", …], "label": ["a", …]}`.
fn columns<'a>(bytes: &'a [u8], members: &[Member<'_>]) -> Option<Rows<'a>> {
    if members.len() < 2 || !members.iter().all(|member| member.value.starts_with(b"[")) {
        return None;
    }
    let of = |member: &Member<'_>| -> Option<(String, Vec<Value>)> {
        let values =
            serde_json::from_slice(member.value).or_else(|_| serde_json::from_slice(&without_nan(member.value)));
        Some((member.key.clone(), values.ok()?))
    };
    let columns: Vec<(String, Vec<Value>)> = members.iter().map(of).collect::<Option<_>>()?;
    let rows = columns[0].1.len();
    let holds_cells = |(_, values): &&(String, Vec<Value>)| !values.iter().all(|it| it.is_array() || it.is_object());
    if columns.iter().any(|(_, values)| values.len() != rows) || columns.iter().filter(holds_cells).count() < 2 {
        return None;
    }
    // The places of the first column's values stand for the lines of the rows.
    let lines = array_elements(&bytes[..members[0].start + members[0].value.len()], members[0].start);
    let mut columns: Vec<_> = columns.into_iter().map(|(name, values)| (name, values.into_iter())).collect();
    let rows = lines.into_iter().map(|(line, _)| {
        let cells = columns.iter_mut().map(|(name, values)| (name.clone(), values.next().unwrap_or_default()));
        (line, Source::Made(Entry::Object(cells.collect())), None)
    });
    Some(Rows { rows: rows.collect(), form: JsonForm::Columns, field: String::new() })
}

/// pandas' `columns`, `{"text": {"0": "…"}, "label": {"0": "a"}}`, or its `index`, `{"0": {"text": "…", "label": "a"}}`: the
/// more numerous keys are those of the rows.
fn objects<'a>(bytes: &'a [u8], members: &[Member<'a>]) -> Option<Rows<'a>> {
    if members.len() < 2 || !members.iter().all(|member| member.value.starts_with(b"{")) {
        return None;
    }
    let first = object_members(bytes, members[0].start)?;
    if first.len() <= members.len() {
        let lines = super::super::lines::with_lines(bytes, members.iter().map(|it| (it.start, it.value)).collect());
        let rows = lines.into_iter().map(|(line, part)| (line, Source::Raw(part), None)).collect();
        return Some(Rows { rows, form: JsonForm::RowsByName, field: String::new() });
    }
    let of = |member: &Member<'_>| -> Option<(String, Map<String, Value>)> {
        let cells =
            serde_json::from_slice(member.value).or_else(|_| serde_json::from_slice(&without_nan(member.value)));
        Some((member.key.clone(), cells.ok()?))
    };
    let mut columns: Vec<(String, Map<String, Value>)> = members.iter().map(of).collect::<Option<_>>()?;
    let places = first.iter().map(|it| (it.start, it.value)).collect();
    let lines = super::super::lines::with_lines(bytes, places);
    let rows = first.iter().zip(lines).map(|(row, (line, _))| {
        let cells = columns.iter_mut().map(|(name, cells)| (name.clone(), cells.remove(&row.key).unwrap_or_default()));
        (line, Source::Made(Entry::Object(cells.collect())), None)
    });
    Some(Rows { rows: rows.collect(), form: JsonForm::ColumnsByRow, field: String::new() })
}
