//! Plan files, journals and other files: what is believed, and what is refused.

use super::*;

#[test]
fn a_plan_file_stands_for_the_settings() {
    let folder = Folder::with_rows("plan");
    let first = all(&["--fractions", "1,0.5", "--max-rows", "24", "--batch-size", "4"]);
    let (by_options, _) = without_times(folder.compare("options.json", &first).unwrap());
    assert_eq!(by_options["inputs"]["dataset"]["options"]["max_rows"], 24);
    assert_eq!(by_options["inputs"]["model"]["sha256"].as_object().unwrap().len(), 3);
    let plan = folder.path("options.json");
    let planned = ["--plan", &plan];
    let (by_results, _) = without_times(folder.compare("results.json", &planned).unwrap());
    assert_eq!(by_results, by_options, "settings and reading options are those of the plan");

    let mut experiment = serde_json::json!({
        "format": "guided-dropout-experiment", "config": by_options["config"], "inputs": by_options["inputs"],
    });
    let plan = folder.path("experiment.json");
    fs::write(&plan, experiment.to_string()).unwrap();
    let planned = ["--plan", &plan];
    let (by_experiment, _) = without_times(folder.compare("third.json", &planned).unwrap());
    assert_eq!(by_experiment, by_options);
    let wider = [&planned[..], &["--seeds", "1", "--max-rows", "0"]].concat();
    let ran = folder.command("fourth.json", &wider).output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("the options given here differ from it: max_rows, seeds\n"), "{said}");
    let fourth: Value = serde_json::from_slice(&fs::read(folder.path("fourth.json")).unwrap()).unwrap();
    assert_eq!((fourth["runs"].as_array().unwrap().len(), &fourth["dataset"]["rows"]), (6, &32.into()), "options win");

    experiment["inputs"]["corpus"]["sha256"] = serde_json::json!({"prose.txt": "2"});
    fs::write(&plan, experiment.to_string()).unwrap();
    let refusal = folder.compare("fifth.json", &planned).unwrap_err();
    assert!(refusal.contains("experiment.json: it was made with other files (prose: other contents)"), "{refusal}");
    assert!(!fs::exists(folder.path("fifth.json")).unwrap());
    let allowed = [&planned[..], &["--allow-other-files"]].concat();
    folder.compare("fifth.json", &allowed).unwrap();
}

/// A line is believed only where it is whole and what the plan's job of that name leaves.
#[test]
fn a_journal_is_checked_line_by_line() {
    use sha2::{Digest, Sha256};
    let folder = Folder::with_rows("journal");
    let (whole, _) = without_times(folder.compare("whole.json", &all(&["--threads", "1"])).unwrap());
    let lines = folder.journal("whole.journal");
    let with_checksum = |json: &str| format!("{:x} {json}", Sha256::digest(json));
    let json = |line: &str| serde_json::from_str::<Value>(line.split_once(' ').unwrap().1).unwrap();
    assert_eq!(with_checksum(lines[1].split_once(' ').unwrap().1), lines[1]);
    let header = json(&lines[0]);
    assert_eq!(header["program"]["version"], env!("CARGO_PKG_VERSION"));
    let find = |kind: &str| lines[1..].iter().position(|line| json(line)[1].get(kind).is_some()).unwrap() + 1;
    let (fisher, run) = (find("fisher"), find("run"));
    let edited = |line: usize, edit: &dyn Fn(&mut Value)| {
        let mut value = json(&lines[line]);
        edit(&mut value);
        with_checksum(&value.to_string())
    };
    let cases: [(usize, &str, String); 6] = [
        (
            fisher,
            "half of its texts",
            edited(fisher, &|v| {
                let texts = v[1]["fisher"].as_array_mut().unwrap();
                texts.truncate(texts.len() / 2);
            }),
        ),
        (fisher, "texts of another job", edited(fisher, &|v| v[1]["fisher"][0]["index"] = 29.into())),
        (run, "a run of another seed", edited(run, &|v| v[1]["run"]["seed"] = 77.into())),
        (
            run,
            "a run without its last step",
            edited(run, &|v| drop(v[1]["run"]["steps"].as_array_mut().unwrap().pop())),
        ),
        (run, "a job that the plan lacks", edited(run, &|v| v[0] = "run/guided/9/1".into())),
        (run, "a changed digit", lines[run].replacen("\"loss\":", "\"loss\":1", 1)),
    ];
    for (line, what, text) in cases {
        let mut journal = lines.clone();
        journal[line] = text;
        fs::write(folder.path("again.journal"), journal.join("\n") + "\n").unwrap();
        let ran = folder.command("again.json", &all(&[])).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success() && said.contains("1 lines are damaged or of other jobs"), "{what}: {said}");
        let again: Value = serde_json::from_slice(&fs::read(folder.path("again.json")).unwrap()).unwrap();
        assert!(without_times(again).0 == whole, "{what}: the job was done again");
    }
    let mut other = header;
    other["program"]["sha256"] = "0".into();
    fs::write(folder.path("other.journal"), with_checksum(&other.to_string()) + "\n").unwrap();
    let refusal = folder.compare("other.json", &all(&[])).unwrap_err();
    assert!(refusal.contains("other.journal holds jobs of another build of the program"), "{refusal}");
    for notes in ["notes of a reader", "notes\nof a reader\n", &lines[1]] {
        fs::write(folder.path("other.journal"), notes).unwrap();
        let refusal = folder.compare("other.json", &all(&[])).unwrap_err();
        assert!(refusal.contains("holds something else than an experiment's journal"), "{refusal}");
        assert_eq!(fs::read_to_string(folder.path("other.journal")).unwrap(), notes, "nothing is lost");
    }
    fs::write(folder.path("cut.journal"), &lines[0][..80]).unwrap();
    assert!(without_times(folder.compare("cut.json", &all(&[])).unwrap()).0 == whole, "killed in its first line");
}

#[test]
fn an_input_is_never_overwritten() {
    let folder = Folder::with_rows("overwrite");
    for (out, option) in [("rows.csv", "FILE"), ("prose.txt", "--prose")] {
        let before = fs::read(folder.path(out)).unwrap();
        let refusal = folder.compare(out, &all(&[])).unwrap_err();
        assert!(refusal.contains(&format!("is also {option} and would be overwritten")), "{refusal}");
        assert_eq!(fs::read(folder.path(out)).unwrap(), before);
    }
    fs::rename(folder.path("rows.csv"), folder.path("rows.journal")).unwrap();
    let mut command = folder.command("rows.json", &all(&[]));
    let ran = command.arg(folder.path("rows.journal")).output().unwrap();
    assert_eq!(ran.status.code(), Some(2), "a second file is not dropped");
    fs::write(folder.path("rows.csv"), "").unwrap();
    fs::rename(folder.path("rows.journal"), folder.path("prose.journal")).unwrap();
    let prose = folder.path("prose.journal");
    let more = ["--prose", &prose];
    let refusal = folder.compare("prose.json", &more).unwrap_err();
    assert!(refusal.contains("the journal of --out") && refusal.contains("is also --prose"), "{refusal}");
}

/// What a mistake is answered with names its option, or the file and the option; nothing is written.
#[test]
fn mistakes_name_option_and_path() {
    let folder = Folder::with_rows("mistakes");
    let second = folder.path("prose.txt");
    let cases: [(&[&str], i32, &[&str]); 8] = [
        (&[&second], 2, &["unexpected argument", "prose.txt"]),
        (&["--epochs", "many"], 2, &["'many' for '--epochs"]),
        (&["--arms", "guided,gided"], 2, &["--arms", "gided"]),
        (&["--seeds", "1,x"], 2, &["--seeds", "\"x\""]),
        (&["--threads", "0"], 2, &["--threads"]),
        (&["--device", "tpu"], 2, &["--device", "cpu"]),
        (&["--head", "no/such.safetensors"], 1, &["--head no/such.safetensors: No such file"]),
        (&["--plan", "no/such.json"], 1, &["--plan no/such.json: No such file"]),
    ];
    for (arguments, code, words) in cases {
        let ran = folder.command("out.json", arguments).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
    }
    let nowhere = folder.command("no/such/folder/out.json", &all(&[])).output().unwrap();
    let said = String::from_utf8(nowhere.stderr).unwrap();
    assert!(nowhere.status.code() == Some(1) && said.contains("no/such/folder/out.journal: No such file"), "{said}");
    let json = folder.command("out.json", &["--json", "--head", "no/such"]).output().unwrap();
    let error: Value = serde_json::from_slice(&json.stderr).unwrap();
    assert!(error["error"].as_str().unwrap().starts_with("--head no/such: "));
    assert!(!fs::exists(folder.path("out.json")).unwrap());
}

/// Every run's test rows with a probability for each label, as the predictions in results.json say; and the same results.json as without.
#[test]
fn out_of_sample_probabilities_are_written() {
    let folder = Folder::with_rows("probabilities");
    let plain = folder.compare("plain.json", &[&super::ARMS[..], &super::FISHER].concat()).unwrap();
    let file = folder.path("rows.jsonl");
    let arguments = [&super::ARMS[..], &super::FISHER, &["--probabilities", &file]].concat();
    // The journal has the same runs without probabilities: they are done again.
    fs::copy(folder.path("plain.journal"), folder.path("out.journal")).unwrap();
    let mut results = folder.compare("out.json", &arguments).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let runs = results["runs"].as_array().unwrap();
    let rows = runs[0]["predictions"].as_array().unwrap().len();
    assert_eq!(lines.len(), runs.len() * rows);
    for (place, line) in lines.iter().enumerate() {
        let found = runs.iter().find(|run| run["arm"] == line["arm"] && run["seed"] == line["seed"]).unwrap();
        let probabilities: Vec<f64> = serde_json::from_value(line["probabilities"].clone()).unwrap();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let given = line["labels"].as_array().unwrap().iter().position(|label| *label == line["label"]).unwrap();
        let of_label = found["label_probabilities"][place % rows].as_f64().unwrap();
        assert!((probabilities[given] - of_label).abs() < 1e-5, "{line} {of_label}");
        assert_eq!(line["line"], line["example"].as_u64().unwrap() + 2);
    }
    let mut plain = plain;
    for results in [&mut results, &mut plain] {
        results["runs"].as_array_mut().unwrap().iter_mut().for_each(|run| run["elapsed_ms"] = 0.into());
    }
    assert_eq!(results, plain);
}

/// An experiment with corrections says what they changed, on the test rows of the one before.
#[test]
fn corrections_are_compared_with_the_experiment_before() {
    let folder = Folder::with_rows("corrections");
    let before = folder.compare("before.json", &[&super::ARMS[..], &super::FISHER].concat()).unwrap();
    let correction = |example: usize, corrected: Value| {
        let given = ["water", "school"][example % 2];
        serde_json::json!({"example": example, "given": given, "corrected": corrected})
    };
    let corrections = [correction(0, "school".into()), correction(1, Value::Null), correction(6, Value::Null)];
    let (file, out) = (folder.path("corrections.json"), folder.path("before.json"));
    fs::write(&file, serde_json::to_vec(&corrections).unwrap()).unwrap();
    let arguments = [&super::ARMS[..], &super::FISHER, &["--corrections", &file, "--before", &out]].concat();
    let after = folder.compare("after.json", &arguments).unwrap();
    assert_eq!(after["dataset"]["test_parts"], before["dataset"]["test_parts"]);
    assert_eq!((&after["dataset"]["relabelled"], &after["dataset"]["dropped"]), (&1.into(), &2.into()));
    assert_eq!(after["inputs"]["dataset"]["options"]["corrections"], serde_json::json!(corrections));
    let arms = after["correction_effect"]["arms"].as_array().unwrap();
    assert_eq!(arms.len(), 3);
    let mean = |results: &Value, arm: &Value| {
        let runs = results["runs"].as_array().unwrap().iter().filter(|run| run["arm"] == *arm);
        let scores: Vec<f64> = runs.map(|run| run["epochs"][0]["accuracy"].as_f64().unwrap()).collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    };
    for effect in arms {
        let (old, new) = (mean(&before, &effect["arm"]), mean(&after, &effect["arm"]));
        let near = |name: &str, value: f64| assert!((effect[name].as_f64().unwrap() - value).abs() < 1e-12, "{effect}");
        near("earlier", old);
        near("corrected", new);
        near("mean_difference", new - old);
    }
    fs::write(&file, r#"[{"example": 0, "given": "school", "corrected": null}]"#).unwrap();
    let refusal = folder.compare("after.json", &arguments).unwrap_err();
    assert!(refusal.contains("these corrections are of other rows"), "{refusal}");
}
