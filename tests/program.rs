//! `guided-dropout`: its commands beside `compare` and `evidence`.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/folder.rs"]
mod folder;
#[path = "common/program.rs"]
mod program;

use folder::Folder;
use program::{json, program};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

const TINY: &str = "tests/fixtures/tiny_bert";

#[test]
fn logits_of_texts_and_pairs_are_written_with_their_ids() {
    let folder = Folder::new("logits");
    let out = folder.path("x.safetensors");
    let pairs = ["--text", "the river", "--pair", "a boat", "--text", "the cat [MASK]", "--pair", "the rain"];
    let said = json(&[&["--json", "logits", TINY, "--out", &out], &pairs[..]].concat());
    assert_eq!(said["tensors"].as_array().unwrap().len(), 8, "ids, type_ids, logits and classifier of two texts");
    let bytes = fs::read(&out).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let ids = file.tensor("ids.0").unwrap();
    let tokens = ids.shape()[0];
    let types: Vec<u8> = file.tensor("type_ids.0").unwrap().data().chunks(8).map(|id| id[0]).collect();
    assert!(ids.dtype() == Dtype::I64 && types.contains(&0) && types.last() == Some(&1), "{types:?}");
    assert_eq!(file.tensor("classifier.1").unwrap().shape().len(), 1, "one logit a class");
    let logits = file.tensor("logits.0").unwrap();
    let config: Value = serde_json::from_slice(&fs::read(format!("{TINY}/config.json")).unwrap()).unwrap();
    assert_eq!(logits.shape(), [tokens, config["vocab_size"].as_u64().unwrap() as usize]);
    let values: Vec<f32> = logits.data().chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    assert!(values.iter().all(|v| v.is_finite()) && values.iter().any(|v| *v != values[0]));

    let few = program(&["logits", TINY, "--out", &out, "--text", "a", "--text", "b", "--pair", "c"]);
    assert_eq!(few.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(few.stderr).unwrap(),
        "error: --pair: expected none, or one for each of 2 --text, got 1\n"
    );
    let weights = format!("{TINY}/model.safetensors");
    let over = program(&["logits", TINY, "--out", &weights, "--text", "a"]);
    assert!(String::from_utf8(over.stderr).unwrap().contains("is also MODEL and would be overwritten"));
}

/// A disk that is full, played by a limit on the size of files: what was there stays, and nothing half-written is left.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = Folder::new("full");
    let out = folder.path("x.safetensors");
    fs::write(&out, "before").unwrap();
    let program = env!("CARGO_BIN_EXE_guided-dropout");
    let limited = format!("trap '' XFSZ; ulimit -f 1; exec {program} logits {TINY} --out {out} --text 'the river'");
    let ran = Command::new("sh").args(["-c", &limited]).output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.code() == Some(1) && said.contains(&format!("error: --out {out}: File too large")), "{said}");
    assert_eq!(fs::read_to_string(&out).unwrap(), "before");
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
}

#[test]
fn masks_are_filled() {
    let filled = json(&["--json", "fill-mask", "--model", TINY, "--top", "3", "the [MASK] and the [MASK]", "[MASK]"]);
    let masks: Vec<usize> = filled.as_array().unwrap().iter().map(|f| f["masks"].as_array().unwrap().len()).collect();
    assert_eq!(masks, [2, 1]);
    let words = filled[0]["masks"][0].as_array().unwrap();
    let probabilities: Vec<f64> = words.iter().map(|w| w["probability"].as_f64().unwrap()).collect();
    assert!(words.len() == 3 && probabilities.is_sorted_by(|a, b| a >= b) && probabilities[0] < 1.0);
    let plain = program(&["fill-mask", "--model", TINY, "the [MASK]"]);
    assert_eq!(String::from_utf8(plain.stdout).unwrap().lines().count(), 2);
    let without = program(&["fill-mask", "--model", TINY, "the river"]);
    assert!(String::from_utf8(without.stderr).unwrap().contains("expected [MASK] at least once"));
}

/// A tiny model from plain text, stopped after some steps and trained on: as if it had been made in one go.
#[test]
fn a_model_is_pretrained_and_resumed() {
    let folder = Folder::new("pretrain");
    let text = folder.path("text.txt");
    let lines = (0..60).map(|i| format!("the river and the boat {i} went down to the sea and came back at night\n"));
    fs::write(&text, lines.collect::<String>()).unwrap();
    let out = folder.path("model");
    let shape = ["--vocabulary", "120", "--layers", "1", "--width", "16", "--heads", "2", "--positions", "32"];
    let recipe = ["--max-tokens", "16", "--batch-size", "4", "--held-out", &text];
    let with = |steps: &'static str| {
        [&["--json", "pretrain", &text, "--out", &out], &shape[..], &recipe, &["--steps", steps]].concat()
    };
    let state = json(&with("4"));
    assert_eq!(state["step"], 4);
    assert!(state["held_out_loss"].as_f64().unwrap() > 0.0);
    let resumed = program(&with("6"));
    assert!(String::from_utf8(resumed.stderr).unwrap().contains("resuming from step 4"));
    let filled = json(&["--json", "fill-mask", "--model", &out, "the [MASK]"]);
    assert_eq!(filled[0]["masks"].as_array().unwrap().len(), 1);
    assert!(Path::new(&out).join("optimizer.bpk").exists());
    let refusals = [
        (["--width", "15"], "--width: expected a multiple of 2 heads, got 15"),
        (["--max-tokens", "99"], "--max-tokens: expected 10 to --positions 32, got 99"),
    ];
    for (option, words) in refusals {
        let mut arguments = vec!["pretrain", &text, "--out", &out, "--heads", "2", "--positions", "32"];
        arguments.extend(option);
        let said = String::from_utf8(program(&arguments).stderr).unwrap();
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn help_and_completions_name_every_command() {
    let help = String::from_utf8(program(&["--help"]).stdout).unwrap();
    let completions = String::from_utf8(program(&["completions", "bash"]).stdout).unwrap();
    for command in ["compare", "pretrain", "fill-mask", "logits", "export", "evidence", "completions"] {
        assert!(help.contains(command) && completions.contains(command), "{command}");
    }
    assert_eq!(program(&["compare"]).status.code(), Some(2), "a missing argument is a mistake in the command line");
}
