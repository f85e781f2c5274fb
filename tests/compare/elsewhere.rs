//! `compare --export` and `judge`: a plan that goes elsewhere, and runs that come back.

use super::{ARMS, FISHER, Folder};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

/// What is judged, of results.json.
const JUDGED: [&str; 10] = [
    "comparisons",
    "clauses",
    "verdict",
    "trainings",
    "along",
    "classes",
    "learning",
    "doublings",
    "baseline_comparisons",
    "remarks",
];

/// Two epochs of three arms with four seeds.
const THREE_ARMS: [&str; 10] =
    ["--arms", "guided,standard,none", "--seeds", "4", "--epochs", "2", "--max-tokens", "24", "--fisher-texts", "30"];

fn judge(arguments: &[&str]) -> Result<String, String> {
    let ran = Command::new(env!("CARGO_BIN_EXE_guided-dropout")).arg("judge").args(arguments).output().unwrap();
    if ran.status.success() {
        Ok(String::from_utf8(ran.stdout).unwrap())
    } else {
        Err(String::from_utf8(ran.stderr).unwrap())
    }
}

fn read(folder: &Folder, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.path(name)).unwrap()).unwrap()
}

#[test]
fn an_exported_plan_has_the_splits_of_the_experiment_and_runs_nothing() {
    let folder = Folder::with_rows("export");
    let plan = folder.path("plan.json");
    let arguments = [&ARMS[..], &FISHER].concat();
    let ran = folder.command("out.json", &[&arguments[..], &["--export", &plan]].concat()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8(ran.stderr).unwrap());
    assert!([&folder.path("out.json"), &folder.path("out.journal")].iter().all(|path| fs::metadata(path).is_err()));
    let (plan, results) = (read(&folder, "plan.json"), folder.compare("out.json", &arguments).unwrap());
    for part in ["config", "dataset", "baselines", "inputs"] {
        assert_eq!(plan[part], results[part], "{part}");
    }
    assert_eq!(plan["fisher"]["prose"].as_array().unwrap().len(), 30);
    // The confusion matrix of a run has the classes of the plan's test rows.
    for run in results["runs"].as_array().unwrap() {
        let split = plan["splits"].as_array().unwrap().iter().find(|split| split["seed"] == run["seed"]).unwrap();
        let test = split["test"].as_array().unwrap();
        for (class, row) in run["confusion"].as_array().unwrap().iter().enumerate() {
            let counted: u64 = row.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum();
            let is_of_class =
                |place: &&Value| plan["examples"][place.as_u64().unwrap() as usize]["target"] == json!(class as f64);
            assert_eq!(test.iter().filter(is_of_class).count() as u64, counted);
        }
    }
    let train = plan["splits"][0]["train"][0].as_array().unwrap();
    assert!(train.iter().all(|row| !plan["splits"][0]["test"].as_array().unwrap().contains(row)));
}

#[test]
fn the_verdict_on_runs_from_elsewhere_is_that_of_compare() {
    let folder = Folder::with_rows("judge");
    let results = folder.compare("out.json", &THREE_ARMS).unwrap();
    let mut stripped = results.clone();
    JUDGED.iter().for_each(|part| stripped[part] = json!([]));
    fs::write(folder.path("from-a-cluster.json"), stripped.to_string()).unwrap();
    let (from, to) = (folder.path("from-a-cluster.json"), folder.path("judged.json"));
    let said = judge(&[&from, "--out", &to]).unwrap();
    assert!(said.contains(results["verdict"].as_str().unwrap()), "{said}");
    let judged = read(&folder, "judged.json");
    assert_eq!(judged, results, "nothing is lost, and what is judged is the same");

    // An altered score is another verdict.
    for run in stripped["runs"].as_array_mut().unwrap().iter_mut().filter(|run| run["arm"] == "guided") {
        let score = 0.01 * run["seed"].as_f64().unwrap();
        run["epochs"].as_array_mut().unwrap().last_mut().unwrap()["accuracy"] = json!(score);
    }
    fs::write(&from, stripped.to_string()).unwrap();
    judge(&[&from, "--out", &from]).unwrap();
    assert_ne!(read(&folder, "from-a-cluster.json")["verdict"], results["verdict"]);
}

#[test]
fn another_metric_gives_the_verdict_of_compare_with_that_metric() {
    let folder = Folder::with_rows("judge-metric");
    folder.compare("out.json", &THREE_ARMS).unwrap();
    let (from, to) = (folder.path("by-accuracy.json"), folder.path("judged.json"));
    fs::copy(folder.path("out.json"), &from).unwrap();
    judge(&[&from, "--metric", "macro_f1", "--out", &to]).unwrap();
    let expected = folder.compare("out.json", &[&THREE_ARMS[..], &["--metric", "macro_f1"]].concat()).unwrap();
    assert_eq!(expected["config"]["metric"], "macro_f1");
    assert_eq!(read(&folder, "judged.json"), expected);

    let refused = judge(&[&from, "--metric", "pearson"]).unwrap_err();
    assert!(refused.contains("metric: expected accuracy, macro_f1, matthews, or automatic"), "{refused}");
    fs::write(folder.path("runs.csv"), "arm,seed,accuracy\nguided,1,0.5\nstandard,1,0.4\n").unwrap();
    let refused = judge(&[&folder.path("runs.csv"), "--metric", "matthews"]).unwrap_err();
    assert!(refused.contains("metric: expected a metric that the runs have, got matthews"), "{refused}");
}

#[test]
fn a_table_of_the_same_runs_has_the_same_comparisons() {
    let folder = Folder::with_rows("table");
    let results = folder.compare("out.json", &THREE_ARMS).unwrap();
    let mut table = String::from("arm,seed,epoch,accuracy,macro_f1,matthews,wall_clock\n");
    for run in results["runs"].as_array().unwrap() {
        for epoch in run["epochs"].as_array().unwrap() {
            let value = |name: &str| epoch[name].to_string();
            let arm = run["arm"].as_str().unwrap();
            let scores = ["accuracy", "macro_f1", "matthews"].map(value).join(",");
            table.push_str(&format!("{arm},{},{},{scores},9\n", run["seed"], epoch["epoch"]));
        }
    }
    fs::write(folder.path("runs.csv"), table).unwrap();
    let (from, to) = (folder.path("runs.csv"), folder.path("judged.json"));
    judge(&[&from, "--out", &to]).unwrap();
    let judged = read(&folder, "judged.json");
    let by_arms = |file: &Value| {
        let mut all: Vec<String> = file["comparisons"].as_array().unwrap().iter().map(Value::to_string).collect();
        all.sort();
        all
    };
    assert_eq!(by_arms(&judged), by_arms(&results));

    fs::write(folder.path("runs.csv"), "arm,seed,accuracy\nmine,1,0.5\n").unwrap();
    let refused = judge(&[&from]).unwrap_err();
    assert!(refused.contains("runs.csv, line 2, column \"arm\": expected one of standard"), "{refused}");
    fs::write(folder.path("runs.csv"), r#"{"format": "guided-dropout-plan", "version": 1}"#).unwrap();
    let refused = judge(&[&from]).unwrap_err();
    assert!(refused.contains("expected guided-dropout-results of version 2 or before"), "{refused}");
}
