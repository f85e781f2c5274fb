//! What is said of the rows and of the checkpoint.

use super::*;
use std::path::Path;

#[test]
fn findings_in_the_rows_are_printed_with_their_lines() {
    let folder = Folder::with_rows("findings");
    let rows = fs::read_to_string(folder.path("rows.csv")).unwrap();
    let more = "the river and the boat 3 at night,water\nthe boat at noon,Water\nthe boat at dusk,Water\nthe boat at dawn,n/a\nthe boat at sea,n/a\n";
    fs::write(folder.path("rows.csv"), rows + more).unwrap();
    let arguments =
        ["--arms", "none,standard", "--seeds", "2", "--epochs", "1", "--max-tokens", "24", "--batch-size", "512"];
    let ran = folder.command("out.json", &arguments).output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("at least two steps a run"), "the plan is refused, so that nothing is trained: {said}");
    for expected in [
        "rows.csv: repeated texts: 1, in 1 extra rows; equal texts stay on one side of every split (lines 8, 34)\n",
        "rows.csv: labels that mean a missing value: \"n/a\", in 2 rows (lines 37, 38)\n",
        "rows.csv: labels that differ in case only: \"water\", \"Water\" (lines 35, 36)\n",
        "test examples, accuracy changes in steps of ",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn remarks_about_the_checkpoint_are_printed() {
    let folder = Folder::with_rows("remarks");
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(Path::new("tests/fixtures/tiny_bert").join(file), folder.path(file)).unwrap();
    }
    let mut config: Value = serde_json::from_slice(&fs::read(folder.path("config.json")).unwrap()).unwrap();
    let layers = config["num_hidden_layers"].as_u64().unwrap();
    config["num_hidden_layers"] = (layers - 1).into();
    config["is_decoder"] = true.into();
    fs::write(folder.path("config.json"), config.to_string()).unwrap();
    let model = folder.path("");
    let arguments = [
        "--model",
        &model,
        "--arms",
        "none,standard",
        "--seeds",
        "2",
        "--epochs",
        "1",
        "--max-tokens",
        "24",
        "--batch-size",
        "512",
    ];
    let ran = folder.command("out.json", &arguments).output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    let more = format!(": the file has {layers} layers; config.json uses the first {}\n", layers - 1);
    assert!(said.contains(&more) && said.contains(": config.json describes a decoder; attention is"), "{said}");
}
