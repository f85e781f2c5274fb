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

#[test]
fn suspect_labels_are_printed_with_their_lines() {
    let folder = Folder::with_rows("suspects");
    let many = ["--arms", "none,standard", "--seeds", "4", "--epochs", "1", "--max-tokens", "24"];
    let ran = folder.command("out.json", &many).output().unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    let results: Value = serde_json::from_slice(&fs::read(folder.path("out.json")).unwrap()).unwrap();
    let suspects = &results["suspects"];
    let (found, tested) = (&suspects["found"], &suspects["tested_rows"]);
    let heading =
        format!("Labels worth a second look: {found} of {tested} rows that the 4 seeds of standard tested.\n");
    assert!(printed.contains(&heading), "{heading}: {printed}");
    let untested = suspects["untested_rows"].as_u64().unwrap();
    let never = format!("{untested} rows were never tested. With --folds 5 --seeds 5 every row is.\n");
    assert!(untested > 0 && printed.contains(&never), "{never}: {printed}");
    assert!(suspects["caution"].is_string() && printed.contains("\nCaution: "), "one epoch: {printed}");
    let folded = folder.compare("folds.json", &[&many[..], &["--folds", "4"]].concat()).unwrap();
    assert_eq!(folded["suspects"]["untested_rows"], 0);
    let file = fs::read_to_string(folder.path("rows.csv")).unwrap();
    let rows = suspects["rows"].as_array().unwrap();
    assert!(!rows.is_empty(), "one epoch teaches this model nothing");
    for row in rows.iter().take(10) {
        let [line, agreeing, tested] = ["line", "agreeing", "tested"].map(|name| row[name].as_u64().unwrap());
        let label = file.lines().nth(line as usize - 1).unwrap().rsplit(',').next().unwrap();
        let other = if label == "water" { "school" } else { "water" };
        let confidence = row["self_confidence"].as_f64().unwrap();
        let expected = format!(
            "line {line}: {label}, predicted as {other} by {agreeing} of {tested}; self-confidence {confidence:.3}\n"
        );
        assert!(printed.contains(&expected), "{expected}: {printed}");
    }
}
