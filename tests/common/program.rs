//! Runs the program `guided-dropout`.

use serde_json::Value;
use std::process::{Command, Output};

pub fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guided-dropout")).args(arguments).output().unwrap()
}

/// What it prints with success.
pub fn json(arguments: &[&str]) -> Value {
    let ran = program(arguments);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}
