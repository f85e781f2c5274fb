//! Rows as annotation tools export them: the fields that hold text and label.

use super::entry::Entry;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// A row without the tool's wrapping.
pub(super) enum Unwrapped {
    Row(Entry),
    /// The annotator has set it aside: what was answered.
    SetAside(String),
}

/// How the rows of a file are wrapped; told from all of them.
#[derive(Default)]
pub(super) struct Wrapping {
    /// The tool that wrote the file; empty where none is known.
    pub(super) tool: &'static str,
    /// Prodigy's rows ask about one label: the answer is what is learnt.
    answers_are_labels: bool,
    /// Fields that are objects in most rows.
    nested: HashSet<String>,
}

impl Wrapping {
    pub(super) fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Wrapping {
        let (mut rows, mut labels, mut objects) = (0_usize, HashSet::new(), BTreeMap::<&str, usize>::new());
        let (mut studio, mut prodigy, mut has_choices) = (0, 0, false);
        for entry in entries {
            let Entry::Object(fields) = entry else { continue };
            let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value);
            rows += 1;
            let is_annotated =
                field("annotations").is_some_and(|it| it.is_array()) && field("data").is_some_and(Value::is_object);
            studio += usize::from(is_annotated);
            prodigy += usize::from(field("_task_hash").or(field("accept")).is_some() && field("answer").is_some());
            has_choices |= field("accept").is_some();
            labels.extend(field("label").and_then(Value::as_str));
            for (key, _) in fields.iter().filter(|(_, value)| value.is_object()) {
                *objects.entry(key).or_default() += 1;
            }
        }
        let most = |count: usize| count * 2 > rows;
        let tool = match () {
            () if most(studio) => "Label Studio",
            () if most(prodigy) => "Prodigy",
            () => "",
        };
        let nested = objects.into_iter().filter(|(_, count)| most(*count)).map(|(key, _)| key.to_string()).collect();
        Wrapping { tool, answers_are_labels: !has_choices && labels.len() < 2, nested }
    }

    /// Whether rows are objects within which others lie.
    pub(super) fn is_nested(&self) -> bool {
        self.tool.is_empty() && !self.nested.is_empty()
    }

    /// A row without its wrapping.
    pub(super) fn unwrap(&self, entry: Entry) -> Unwrapped {
        let Entry::Object(mut fields) = entry else { return Unwrapped::Row(entry) };
        match self.tool {
            "Label Studio" => fields = from_label_studio(fields),
            "Prodigy" if !self.answers_are_labels => {
                let answer = fields.iter().find(|(key, _)| key == "answer").and_then(|(_, value)| value.as_str());
                if let Some(answer) = answer.filter(|answer| *answer != "accept") {
                    return Unwrapped::SetAside(answer.to_string());
                }
            }
            _ => {}
        }
        let flat = fields.into_iter().flat_map(|(key, value)| self.flattened(key, value));
        Unwrapped::Row(Entry::Object(flat.map(|(key, value)| (key, answered(value))).collect()))
    }

    /// The fields of a field that is an object in most rows; spaCy's categories are the names of those that hold.
    fn flattened(&self, key: String, value: Value) -> Vec<(String, Value)> {
        match value {
            Value::Object(inner) if self.nested.contains(&key) => {
                let share = |value: &Value| value.as_f64().or(value.as_bool().map(|it| f64::from(u8::from(it))));
                let are_shares =
                    inner.len() > 1 && inner.values().all(|it| share(it).is_some_and(|it| (0.0..=1.0).contains(&it)));
                if are_shares {
                    let holds = |(name, value): (&String, &Value)| {
                        share(value).filter(|it| *it >= 0.5).map(|_| Value::from(name.as_str()))
                    };
                    return vec![(key, inner.iter().filter_map(holds).collect())];
                }
                inner.into_iter().map(|(name, value)| (format!("{key}.{name}"), value)).collect()
            }
            value => vec![(key, value)],
        }
    }
}

/// What Argilla's annotators answered, `[{"value": "good", "user_id": "…", "status": "submitted"}]`, each different answer once, or what a model
/// suggested, `{"value": "good", "score": 0.9, "agent": "…"}`; other values as they are.
fn answered(value: Value) -> Value {
    let is_answer =
        |it: &Value| it.get("value").is_some() && (it.get("user_id").is_some() || it.get("agent").is_some());
    match value {
        Value::Array(answers) if !answers.is_empty() && answers.iter().all(is_answer) => {
            let mut given = Vec::new();
            for answer in answers.into_iter().filter(|it| it["status"] != "discarded" && !it["value"].is_null()) {
                let values = match &answer["value"] {
                    Value::Array(values) => values.clone(),
                    value => vec![value.clone()],
                };
                values.into_iter().for_each(|value| {
                    if !given.contains(&value) {
                        given.push(value);
                    }
                });
            }
            Value::Array(given)
        }
        suggestion if is_answer(&suggestion) => suggestion["value"].clone(),
        value => value,
    }
}

/// The fields under `data`, and as `label` the choices of the first annotation that was not cancelled.
fn from_label_studio(fields: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let (mut unwrapped, mut choices) = (Vec::new(), Vec::new());
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("data", Value::Object(data)) => unwrapped.extend(data),
            ("annotations", Value::Array(annotations)) => {
                let is_valid = |it: &&Value| it["was_cancelled"] != Value::Bool(true);
                let results = annotations.iter().find(is_valid).and_then(|it| it["result"].as_array().cloned());
                for result in results.into_iter().flatten() {
                    let value = &result["value"];
                    let rating = &value["rating"];
                    choices.extend(value["choices"].as_array().cloned().unwrap_or_default());
                    choices.extend((!rating.is_null()).then(|| rating.clone()));
                }
            }
            _ => {}
        }
    }
    unwrapped.push(("label".to_string(), Value::Array(choices)));
    unwrapped
}
