//! The page's copy of the schema is the core's own, and the core refuses what the schema rules out.

#![cfg(not(target_arch = "wasm32"))]

use guided_dropout_lab::lab::config::RawConfig;
use guided_dropout_lab::lab::schema::Schema;
use serde_json::{Value, from_value, json, to_value};
use std::fs;

const COPY: &str = "www/platform/schema.js";

#[test]
fn the_copy_of_the_page_is_current() {
    let module = Schema::new().module();
    if std::env::var_os("REGENERATE").is_some() {
        fs::write(COPY, &module).unwrap();
    }
    let copy = fs::read_to_string(COPY).unwrap_or_default();
    assert!(
        copy == module,
        "{COPY} is stale; `REGENERATE=1 cargo test --release --features cli --test schema` writes it anew"
    );
}

#[test]
fn a_number_beyond_its_bounds_is_refused() {
    let settings = to_value(Schema::new().settings).unwrap();
    let numbers =
        settings.as_array().unwrap().iter().filter(|each| each["part"] == "config" && each["maximum"].is_number());
    let mut names = Vec::new();
    for setting in numbers {
        let name = setting["name"].as_str().unwrap();
        let beyond = match setting["maximum"].as_u64() {
            Some(maximum) => Value::from(maximum + 1),
            None => Value::from(setting["maximum"].as_f64().unwrap() + 1.0),
        };
        let raw = from_value::<RawConfig>(json!({ name: beyond }));
        assert!(
            !raw.is_ok_and(|raw| raw.check().is_ok()),
            "{name}: RawConfig::check in src/lab/config.rs takes {beyond}"
        );
        names.push(name);
    }
    assert!(names.len() > 10, "{names:?}");
}
