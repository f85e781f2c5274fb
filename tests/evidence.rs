//! `guided-dropout evidence`: the tables and the figure that are there are those of the scores that are there.

#![cfg(not(target_arch = "wasm32"))]

#[allow(dead_code)] // the command itself
#[path = "../src/bin/guided-dropout/evidence/mod.rs"]
mod evidence;
#[allow(dead_code)] // what other commands need
#[path = "../src/bin/guided-dropout/files.rs"]
mod files;

use guided_dropout_lab::analysis::stats::compare_paired;
use guided_dropout_lab::method::arms::Arm;
use serde_json::{Value, json};
use std::fs;

/// A reviewer reads it in two minutes, and finds the answer first.
#[test]
fn the_summary_is_a_page() {
    let summary = fs::read_to_string("docs/evidence/summary.md").unwrap();
    let words = summary.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    assert!((300..=700).contains(&words), "{words} words");
    assert!(summary.lines().nth(2).unwrap().starts_with("**Partly.**"));
    let tables = fs::read_to_string("docs/evidence/tables.md").unwrap();
    let first_family = tables.split_once("## 1. ").unwrap().1.split_once("## 2. ").unwrap().0;
    for line in first_family.lines().filter(|line| line.contains("guided − standard")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (set, fraction, difference) = (cells[1], cells[2], cells[4].split_once(' ').unwrap().0);
        let row = summary.lines().find(|row| row.starts_with(&format!("| {set}"))).unwrap();
        let column = ["100 %", "50 %", "25 %", "10 %"].iter().position(|f| *f == fraction).unwrap();
        let is_shown = cells[8] == "**holds**" || cells[8] == "**contradicted**";
        let wanted = if is_shown { format!("**{difference}**") } else { difference.to_string() };
        assert_eq!(row.split('|').nth(2 + column).unwrap().trim(), wanted, "{set} at {fraction}");
    }
}

#[test]
fn tables_and_figure_are_those_of_the_scores() {
    let (page, figure) = evidence::written().unwrap();
    assert!(
        fs::read_to_string("docs/evidence/tables.md").unwrap() == page,
        "docs/evidence/tables.md: run guided-dropout evidence"
    );
    assert!(
        fs::read_to_string("www/data/evidence.json").unwrap() == figure,
        "www/data/evidence.json: run guided-dropout evidence"
    );
}

/// Seeds that were run one after the other make the set that they would have made together; none counts twice.
#[test]
fn a_set_grows_by_seeds() {
    let whole: Value = serde_json::from_slice(&fs::read("evidence/trec-long.json").unwrap()).unwrap();
    let part = |range: std::ops::Range<usize>| {
        let mut part = whole.clone();
        let cut = |list: &mut Value| *list = list.as_array().unwrap()[range.clone()].into();
        cut(&mut part["seeds"]);
        for of_arm in part["scores"].as_object_mut().unwrap().values_mut() {
            of_arm.as_object_mut().unwrap().values_mut().for_each(cut);
        }
        part["along"].as_object_mut().unwrap().values_mut().for_each(cut);
        part["hours"] = json!(1.5);
        serde_json::from_value::<evidence::Set>(part).unwrap()
    };
    let mut set = part(0..4);
    set.add(part(4..20)).unwrap();
    let joined = serde_json::to_value(&set).unwrap();
    assert_eq!(
        (&joined["seeds"], &joined["scores"], &joined["along"], &joined["hours"]),
        (&whole["seeds"], &whole["scores"], &whole["along"], &json!(3.0))
    );
    assert_eq!(set.add(part(3..5)).unwrap_err().to_string(), "trec-long: seed 14 is there already");
    let mut short = whole.clone();
    short.as_object_mut().unwrap().remove("along");
    short["seeds"] = json!([31]);
    let refused = set.add(serde_json::from_value(short).unwrap()).unwrap_err().to_string();
    assert_eq!(refused, "trec-long: one of both lacks the scores after each epoch");
}

/// What was not made by the plan is no evidence; what was, is read run by run.
#[test]
fn a_set_is_made_by_the_plan() {
    let plan = evidence::plan().unwrap();
    let results = results(&plan, &[11, 12], |_, fraction, seed| fraction * (f64::from(seed) / 100.0));
    let read = |results: &Value, name: &str| evidence::Set::of(results, &plan, name, "c0ffee", "2026-11-28");
    let refused = |results: &Value, name: &str| read(results, name).err().unwrap().to_string();
    let scores = |results: &Value, name: &str| serde_json::to_value(read(results, name).unwrap()).unwrap();
    assert_eq!(scores(&results, "trec")["scores"]["guided"]["0.25"], json!([0.0275, 0.03]));

    let mut changed = results.clone();
    changed["config"]["epochs"] = json!(1);
    assert_eq!(refused(&changed, "trec"), "trec: epochs is 1, planned 3");
    assert_eq!(refused(&results, "trec-all"), "trec-all: fractions is [1.0,0.5,0.25,0.1], planned [1.0]");
    changed = results.clone();
    changed["config"]["fractions"] = json!([1.0]);
    assert_eq!(scores(&changed, "trec-all")["scores"]["guided"], json!({"1": [0.11, 0.12]}));
    changed["config"]["fractions"] = json!([0.1]);
    assert_eq!(refused(&changed, "trec-long"), "trec-long: epochs is 3, planned 30");
    changed["config"]["epochs"] = json!(30);
    let long = scores(&changed, "trec-long");
    assert_eq!(long["scores"]["guided"], json!({"0.1": [0.1 * 0.11, 0.1 * 0.12]}));
    let along = long["along"]["guided"].as_array().unwrap();
    assert_eq!(along.iter().map(|run| run.as_array().unwrap().len()).collect::<Vec<_>>(), [30, 30]);
    assert_eq!((&along[1][1], &along[1][2]), (&json!(0.2), &json!(0.1 * 0.12)));
    let without_first = |results: &mut Value| {
        let last = results["runs"].as_array_mut().unwrap().last_mut().unwrap();
        last["epochs"][0]["accuracy"] = json!(null); // as a correlation of constant answers is
    };
    without_first(&mut changed);
    assert!(refused(&changed, "trec-long").starts_with("trec-long: no accuracy of "));
    changed = results.clone();
    without_first(&mut changed);
    assert!(scores(&changed, "trec").get("along").is_none(), "the last epoch's alone count");
    changed = results;
    changed["runs"].as_array_mut().unwrap().pop();
    assert!(refused(&changed, "trec").starts_with("trec: no accuracy of "));
}

/// `compare`'s results by the plan; `score` is that of an arm, a fraction and a seed after the last epoch.
fn results(plan: &Value, seeds: &[u32], score: impl Fn(&str, f64, u32) -> f64) -> Value {
    let arms: Vec<String> = serde_json::from_value(plan["arms"].clone()).unwrap();
    let fractions: Vec<f64> = serde_json::from_value(plan["fractions"].clone()).unwrap();
    let mut runs = Vec::new();
    let after = |accuracy: f64| json!({"accuracy": accuracy});
    for (arm, fraction) in arms.iter().flat_map(|arm| fractions.iter().map(move |&fraction| (arm, fraction))) {
        for &seed in seeds {
            let mut epochs = vec![after(score(arm, fraction, seed)); 30];
            (epochs[0], epochs[1]) = (after(0.1), after(0.2));
            runs.push(json!({"arm": arm, "fraction": fraction, "seed": seed, "elapsed_ms": 1000, "epochs": epochs}));
        }
    }
    let mut config = plan.clone();
    config["seeds"] = json!(seeds);
    let dataset = json!({"task": "classification", "train_rows": 8, "test_rows": 4});
    json!({"config": config, "runs": runs, "dataset": dataset, "fisher": {"sites": [{"site": "embeddings", "score": 1.0}]}})
}

/// Long sets are compared with the plan's at all rows, and judged by what was predicted of them.
#[test]
fn long_sets_are_judged_by_the_predictions() {
    let plan = evidence::plan().unwrap();
    let seeds: Vec<u32> = (11..=30).collect();
    // How far guided and none are ahead of standard, but for some noise.
    let noisy = |name: &str, guided: f64, none: f64, scatter: f64| {
        let noise = |seed: u32| f64::from(seed * 7 % 5) / 2.0 - 1.0;
        let score = |arm: &str, _, seed: u32| match arm {
            "guided" => 0.5 + guided + 0.002 * noise(seed),
            "none" => 0.5 + none + scatter * noise(seed),
            _ => 0.5,
        };
        let mut results = results(&plan, &seeds, score);
        if name.ends_with("-long") {
            (results["config"]["fractions"], results["config"]["epochs"]) = (json!([0.1]), json!(30));
        }
        evidence::Set::of(&results, &plan, name, "c0ffee", "2026-11-29").unwrap()
    };
    let set = |name: &str, guided: f64, none: f64| noisy(name, guided, none, 0.002);
    let sets = || [set("trec", 0.02, 0.05), set("snips", 0.02, 0.05)];
    let words = |guided: f64, none: f64| {
        let long = [set("trec-long", guided, none), set("snips-long", guided, none)];
        let text = evidence::tables::report(&plan, &sets(), &[], &[], &long).unwrap().0;
        let prediction = |which: &str| {
            let table = text.split_once(&format!("### Prediction ({which})")).unwrap().1;
            assert!(table.contains("Holm p of 2"));
            let line = table.lines().find(|line| line.starts_with("| trec-long |")).unwrap();
            line.split('|').nth_back(1).unwrap().trim().to_owned()
        };
        (prediction("a"), prediction("b"), text)
    };
    let [yes, no, open, silent] = ["**confirmed**", "**failed**", "undecided", "says nothing here"];
    for (guided, none, a, b) in [
        (-0.02, -0.03, yes, yes),
        (0.02, 0.03, no, yes),
        (-0.01, -0.03, yes, no), // less than half of the way
        (0.00, 0.03, no, no),    // not on the way
        (0.02, -0.03, yes, no),  // the other way
        (0.04, 0.03, no, no),    // beyond its end
        (-0.015, -0.03, yes, open),
        (0.02, 0.00, open, no), // a way where both ends are as good
        (0.00, 0.00, open, silent),
    ] {
        let (found_a, found_b, _) = words(guided, none);
        assert_eq!((found_a.as_str(), found_b.as_str()), (a, b), "guided {guided}, none {none}");
    }

    let long = [noisy("trec-long", 0.02, 0.0, 0.05), noisy("snips-long", 0.02, 0.0, 0.05)];
    let text = evidence::tables::report(&plan, &sets(), &[], &[], &long).unwrap().0;
    assert_eq!(text.matches("says nothing here").count(), 2, "where none may be better or worse by more than a point");

    let text = words(-0.02, -0.03).2;
    let about = |name: &str, what: &str| {
        let is_it = |line: &&str| line.starts_with(&format!("| {name} |")) && line.contains(what);
        text.lines().find(is_it).unwrap_or_else(|| panic!("{name}: {what}"))
    };
    let growth = about("trec-long", "10 % − 100 %");
    assert!(
        growth.contains("−4.0 (") && growth.ends_with("| **contradicted** |"),
        "from 2 ahead to 2 behind: {growth}"
    );
    assert!(text.contains("| trec-long | −4.0 (–) | −8.0 (–) |"), "less than in three epochs");
    let after = |epoch: u32| {
        let table = text.split_once("| trec-long, after epoch |").unwrap().1;
        table.lines().find(|line| line.starts_with(&format!("| {epoch} |"))).unwrap_or_default().to_owned()
    };
    assert_eq!(after(1), "| 1 | 10.0 | +0.0 (–) | +0.0 (–) | +0.0 (–) | +0.0 (–) |", "as long as all arms are level");
    assert_eq!(after(3), "| 3 | 50.0 | +0.0 (–) | +0.0 (–) | −2.0 (−2.1 to −1.9) | −3.0 (−3.1 to −2.9) |");

    let long = [set("trec-long", -0.02, -0.03), set("snips-long", 0.0, 0.01)];
    let figure = evidence::tables::report(&plan, &sets(), &[], &[], &long).unwrap().1;
    assert_eq!(figure["along"]["recorded"], json!({"date": "2026-11-29", "commits": ["c0ffee"]}));
    let line = &figure["along"]["lines"][7];
    assert_eq!((&line["set"], &line["arm"]), (&json!("snips-long"), &json!("none")));
    assert_eq!((&line["mean"][0], &line["ci95"][0]), (&json!(0.0), &json!(null)));
    let [mean, low, high] = [&line["mean"][2], &line["ci95"][2][0], &line["ci95"][2][1]].map(|v| v.as_f64().unwrap());
    assert!((mean - 0.01).abs() < 1e-9 && low < mean && mean < high);
    assert_eq!(evidence::tables::report(&plan, &sets(), &[], &[], &[]).unwrap().1["along"], json!(null));

    let refused = |sets: &[evidence::Set]| {
        evidence::tables::report(&plan, sets, &[], &[], &[set("trec-long", 0.0, 0.0)]).err().unwrap().to_string()
    };
    assert!(refused(&sets()[1..]).starts_with("trec-long is compared with a set that is not complete"));
    let other = set("trec", 0.02, 0.05).of_seeds(&(11..30).collect::<Vec<_>>()).unwrap();
    assert!(refused(&[other]).starts_with("trec-long and trec: other rows, other seeds"));
}

/// Seeds in whatever order they were run in.
#[test]
fn a_set_is_put_in_the_order_of_the_plan() {
    let whole: evidence::Set = serde_json::from_slice(&fs::read("evidence/trec-long.json").unwrap()).unwrap();
    let of_15 = whole.differences(Arm::Guided, Arm::Standard, 0.1)[4];
    let at_first = whole.scores_after(Arm::Guided, 4);
    let set = whole.of_seeds(&[15, 12]).unwrap();
    assert_eq!(set.scores_after(Arm::Guided, 4), [at_first[4], at_first[1]]);
    assert_eq!((set.differences(Arm::Guided, Arm::Standard, 0.1)[0], &set.seeds[..]), (of_15, &[15, 12][..]));
    assert!(set.of_seeds(&[11, 12]).is_none(), "one is missing");
}

/// The four words of the protocol, each from numbers that mean it.
#[test]
fn a_claim_is_judged_by_the_written_rule() {
    let word = |differences: &[f64], p_holm: f64| evidence::tables::outcome(&compare_paired(differences, 0), p_holm);
    let spread = |mean: f64, step: f64| (0..20).map(|i| mean + step * (f64::from(i) - 9.5)).collect::<Vec<_>>();
    assert_eq!(word(&spread(0.03, 0.001), 0.049), "**holds**");
    assert_eq!(word(&spread(-0.03, 0.001), 0.049), "**contradicted**");
    assert_eq!(word(&spread(0.001, 0.001), 0.05), "too small to matter");
    assert_eq!(word(&[0.0; 20], 1.0), "too small to matter");
    assert!(word(&spread(0.01, 0.004), 0.05).starts_with("undecided ("));
    assert_eq!(word(&spread(0.0, 0.004), 1.0), "undecided (more seeds than can be told)");
}
