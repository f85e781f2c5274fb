//! The page's copy of the schema is the core's own.

#![cfg(not(target_arch = "wasm32"))]

use guided_dropout_lab::lab::schema::Schema;
use std::fs;

const COPY: &str = "www/platform/schema.js";

#[test]
fn the_copy_of_the_page_is_current() {
    let module = Schema::new().module();
    if std::env::var_os("REGENERATE").is_some() {
        fs::write(COPY, &module).unwrap();
    }
    let copy = fs::read_to_string(COPY).unwrap_or_default();
    assert!(copy == module, "{COPY} is stale; `REGENERATE=1 cargo test --release --test schema` writes it anew");
}
