use super::*;
use serde_json::json;

/// A recorded experiment of seven arms and ten seeds, with files and baselines that it does not have.
fn experiment() -> Value {
    let recorded = std::fs::read("tests/fixtures/two_epochs.json").unwrap();
    let mut results: Value = serde_json::from_slice(&recorded).unwrap();
    let input = |name: &str, file: &str, digest: &str| json!({"name": name, "sha256": {file: digest}});
    results["inputs"] = json!({
        "dataset": input("tickets.csv", "tickets.csv", "aa11"),
        "model": input("mini-4x256", "model.safetensors", "bb22"),
        "corpus": input("prose.txt", "prose.txt", "cc33"),
    });
    let baseline = |name: &str, seed: usize, accuracy: f64| json!({"baseline": name, "seed": seed, "fraction": 1.0, "accuracy": accuracy, "macro_f1": 0.5, "matthews": 0.25});
    let of_seed = |seed: usize| {
        [baseline("majority", seed, 0.25), baseline("tfidf-logistic", seed, 0.7 + 0.01 * (seed % 3) as f64)]
    };
    results["baselines"] = (1..=10).flat_map(of_seed).collect();
    results["remarks"] = json!([{"kind": "settled", "text": "All arms have settled"}]);
    results
}

fn card(results: &Value, package: Package) -> String {
    model_card(results, Arm::Guided, package).unwrap()
}

/// Mean and interval of an arm's accuracy, from the document itself.
fn by_hand(results: &Value, arm: &str) -> [f64; 3] {
    let is_it = |run: &&Value| run["arm"] == arm && run["fraction"] == 1.0;
    let last = |run: &Value| run["epochs"].as_array().unwrap().last().unwrap()["accuracy"].as_f64().unwrap();
    let scores: Vec<f64> = results["runs"].as_array().unwrap().iter().filter(is_it).map(last).collect();
    assert_eq!(scores.len(), 10);
    let mean = scores.iter().sum::<f64>() / 10.0;
    let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / 9.0;
    let half = 2.262_157 * (variance / 10.0).sqrt(); // t of 9 degrees of freedom, two-sided 5 %
    [mean, mean - half, mean + half]
}

#[test]
fn scores_and_intervals_are_those_of_the_runs() {
    let results = experiment();
    let card = card(&results, Package::Transformers);
    let line = |label: &str| card.lines().find(|line| line.starts_with(&format!("| {label}"))).unwrap().to_string();
    for arm in ["guided", "standard"] {
        let [mean, low, high] = by_hand(&results, arm).map(|it| format!("{:.1} %", 100.0 * it));
        let found = line(&format!("arm `{arm}`, mean over 10 seeds"));
        assert!(found.contains(&format!("| {mean} ({low} to {high}) |")), "{found}");
    }
    let is_first = |run: &&Value| run["arm"] == "guided" && run["seed"] == 1 && run["fraction"] == 1.0;
    let first = results["runs"].as_array().unwrap().iter().find(is_first).unwrap();
    let accuracy = first["epochs"][1]["accuracy"].as_f64().unwrap();
    assert!(line("these weights (seed 1)").contains(&format!("| {:.1} % |", 100.0 * accuracy)));
    // 0.71, 0.72, 0.70 in turns: mean 0.71, deviation 0.0082, interval ± 0.0058.
    assert!(line("TF-IDF with logistic regression").contains("| 71.0 % (70.4 % to 71.6 %) | 50.0 % | 0.250 |"));
    assert!(line("the most frequent label").contains("| 25.0 % |"));
    assert!(card.contains(&format!("value: {:.4}", by_hand(&results, "guided")[0])));
}

#[test]
fn the_card_names_data_settings_rates_and_limits() {
    let results = experiment();
    let card = card(&results, Package::Transformers);
    let has = |words: &str| assert!(card.contains(words), "{words}\n{card}");
    assert!(card.starts_with("---\nlibrary_name: transformers\npipeline_tag: text-classification\ntags:\n"));
    has("    dataset:\n      type: \"tickets.csv\"\n      name: \"tickets.csv\"\n    metrics:\n    - type: accuracy\n");
    has("`tickets.csv`: 481 usable rows. Trained on 384, tested on 97.");
    for row in [
        "| `tickets.csv` | `aa11` |",
        "| `prose.txt` | `cc33` |",
        "| `mini-4x256/model.safetensors` | `bb22` |",
        "| arm | guided |",
        "| epochs | 2 |",
        "| peak learning rate (AdamW) | 3e-4 |",
        "| batch size | 16 |",
        "| maximum length in tokens | 64 |",
    ] {
        has(row);
    }
    let rates = results["arms"]["guided"].as_array().unwrap();
    assert_eq!(rates.len(), 13);
    for rate in rates {
        has(&format!("| {} | {:.3} |", rate["site"].as_str().unwrap(), rate["rate"].as_f64().unwrap()));
    }
    has(results["verdict"].as_str().unwrap());
    has("- Measured on 97 rows of `tickets.csv`. Texts of other sources, styles or languages were not tested.\n");
    has("- All arms have settled.\n");
    has("add `license:` and `language:` above");
    assert!(!card.contains("\nlicense:") && !card.contains("\nlanguage:") && !card.contains("base_model:"));
}

#[test]
fn the_card_of_onnx_files_is_for_transformers_js() {
    let mut results = experiment();
    results["model"]["name"] = "someone/small: \"bert\"".into();
    let card = card(&results, Package::Onnx);
    for words in [
        "library_name: transformers.js\n",
        "base_model: \"someone/small: \\\"bert\\\"\"\n",
        "- onnx\n",
        "pipeline(\"text-classification\"",
        "Of weights in int8 they were not measured on these data.",
    ] {
        assert!(card.contains(words), "{words}\n{card}");
    }
    assert!(!card.contains("AutoModelForSequenceClassification"));
}

#[test]
fn results_without_the_model_are_refused() {
    let mut results = experiment();
    let said = |results: &Value, arm| model_card(results, arm, Package::Onnx).unwrap_err().to_string();
    let missing = said(&results, Arm::ByKind);
    assert_eq!(missing, "results.json: expected a finished run of the arm by-kind with seed 1, got none");
    results["version"] = 99.into();
    assert!(
        said(&results, Arm::Guided).contains("of version 2 or before, got \"guided-dropout-results\" of version 99")
    );
    assert!(said(&json!({}), Arm::Guided).contains("expected guided-dropout-results"));
}
