//! `--metric` and `--class-weights`: what counts, and what a row counts.

use super::*;

/// Sixteen rows of one class and six of another, so that the metrics differ.
fn with_uneven_rows(test: &str) -> Folder {
    let folder = Folder::with_rows(test);
    let rows = (0..22).map(|i| if i < 16 { format!("the boat {i},water\n") } else { format!("the word {i},school\n") });
    fs::write(folder.path("rows.csv"), format!("text,label\n{}", rows.collect::<String>())).unwrap();
    folder
}

/// Long enough and fast enough to tell both classes apart now and then.
const LENGTH: [&str; 6] = ["--epochs", "8", "--learning-rate", "3e-3", "--max-tokens", "16"];
const ARMS: [&str; 6] = ["--arms", "guided,standard", "--seeds", "4", "--fractions", "1,0.5"];

/// The metrics that parts of results.json are about.
fn metrics_of(results: &Value) -> Vec<String> {
    let of = |list: &str| results[list].as_array().unwrap().iter().map(|it| it["metric"].as_str().unwrap()).collect();
    let lists = ["trainings", "baseline_comparisons", "learning", "doublings"].map(|list| -> Vec<&str> { of(list) });
    let clauses = results["clauses"].as_array().unwrap().iter().filter_map(|clause| clause["metric"].as_str());
    let mut found: Vec<String> = lists.concat().into_iter().chain(clauses).map(String::from).collect();
    assert!(lists.iter().all(|list| !list.is_empty()), "{results}");
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_chosen_metric_counts_and_no_run_is_made_anew() {
    let folder = with_uneven_rows("metric");
    let usual = folder.compare("out.json", &all(&[&ARMS[..], &LENGTH].concat())).unwrap();
    assert_eq!((metrics_of(&usual), &usual["config"]["metric"]), (vec!["accuracy".into()], &"automatic".into()));
    let journal = folder.journal("out.journal");
    let ran =
        folder.command("out.json", &all(&[&ARMS[..], &LENGTH, &["--metric", "macro_f1"]].concat())).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(folder.journal("out.journal"), journal, "every job was there");
    let chosen: Value = serde_json::from_slice(&fs::read(folder.path("out.json")).unwrap()).unwrap();
    assert_eq!((metrics_of(&chosen), &chosen["config"]["metric"]), (vec!["macro_f1".into()], &"macro_f1".into()));
    for part in ["runs", "comparisons", "baselines", "classes"] {
        assert_eq!(chosen[part], usual[part], "{part}");
    }
    assert!(chosen["verdict"].as_str().unwrap().contains("macro-F1"), "{}", chosen["verdict"]);

    let said = String::from_utf8(ran.stdout).unwrap();
    let rows = &chosen["dataset"]["fraction_rows"];
    for arm in ["guided", "standard"] {
        let doubling = format!("The last doubling of the rows ({} to {}) gave {arm} ", rows[1], rows[0]);
        let line =
            said.lines().find(|line| line.starts_with(&doubling)).unwrap_or_else(|| panic!("{doubling}: {said}"));
        assert!(line.contains(" points of macro-F1 (") && line.contains("4 seeds)"), "{line}");
        for (class, label) in ["school", "water"].iter().enumerate() {
            let of_class = |c: &&Value| c["arm"] == arm && c["class"] == class;
            let scores = chosen["classes"].as_array().unwrap().iter().find(of_class).unwrap();
            let f1 = scores["f1"]["mean"].as_f64().unwrap();
            let printed = said.lines().find(|line| line.contains(&format!("{arm} {label:?}: precision")));
            assert!(printed.is_some_and(|line| line.contains(&format!("F1 {f1:.3}"))), "{arm} {label}: {said}");
        }
    }

    let refused = folder.compare("out.json", &all(&["--metric", "pearson"])).unwrap_err();
    assert!(refused.contains("metric: expected accuracy, macro_f1, matthews, or automatic"), "{refused}");
    let refused = folder.compare("out.json", &all(&["--metric", "f1"])).unwrap_err();
    assert!(refused.contains("unknown variant `f1`, expected one of `automatic`"), "{refused}");
}

#[test]
fn a_search_goes_by_the_chosen_metric() {
    let folder = with_uneven_rows("metric-tune");
    let search = ["--arms", "none", "--tune", "--tune-learning-rates", "1e-4,6e-3", "--tune-epochs", "8"];
    let more = ["--tune-seeds", "71,72", "--metric", "matthews"];
    let results = folder.compare("out.json", &all(&[&search[..], &LENGTH, &more].concat())).unwrap();
    let choice = &results["config"]["choices"][0];
    let of_choice = |line: &String| {
        let (id, finished): (String, Value) = serde_json::from_str(line.split_once(' ').unwrap().1).unwrap();
        let is_chosen = id.starts_with("trial/") && id.contains(&format!("/{}/", choice["learning_rate"]));
        is_chosen.then(|| finished["run"]["epochs"][0]["matthews"].as_f64().unwrap())
    };
    let scores: Vec<f64> = folder.journal("out.tune.journal").iter().skip(1).filter_map(of_choice).collect();
    assert_eq!(scores.len(), 2);
    assert!(
        (choice["score"].as_f64().unwrap() - scores.iter().sum::<f64>() / 2.0).abs() < 1e-12,
        "{choice} {scores:?}"
    );
}

#[test]
fn balanced_weights_change_the_training_and_need_classes() {
    let folder = with_uneven_rows("weights");
    let arms = ["--arms", "none", "--seeds", "1", "--epochs", "2", "--max-tokens", "16"];
    let plain = folder.compare("plain.json", &arms).unwrap();
    let balanced = folder.compare("balanced.json", &[&arms[..], &["--class-weights", "balanced"]].concat()).unwrap();
    assert_eq!(
        (&plain["config"]["class_weights"], &balanced["config"]["class_weights"]),
        (&"none".into(), &"balanced".into())
    );
    // The first epoch has a batch of one row, whose weight cancels; the other one has both classes.
    let losses = |results: &Value| results["runs"][0]["steps"].clone();
    assert_ne!(losses(&plain), losses(&balanced), "the same batches and the same model, weighted");
    assert_eq!(plain["baselines"], balanced["baselines"]);

    let scores = (0..20).map(|i| format!("the boat {i},{i}.5\n")).collect::<String>();
    fs::write(folder.path("rows.csv"), format!("text,score\n{scores}")).unwrap();
    let scored = ["--task", "regression", "--class-weights", "balanced"];
    let refused = folder.compare("scores.json", &[&arms[..], &scored].concat()).unwrap_err();
    assert!(refused.contains("class_weights: expected none: the labels are scores, got balanced"), "{refused}");
}
