//! The search for each arm's own best settings: `--tune`.

use super::*;
use std::collections::BTreeMap;

/// Rows with a split of their own, 9, 3 and 4 of each class; `word` and `labels` are those of the test rows.
fn with_own_split(folder: &Folder, word: &str, labels: [&str; 2]) {
    let row = |i: usize| {
        let (part, word, [first, second]) = match i {
            0..9 => ("train", "", ["water", "school"]),
            9..12 => ("validation", "", ["water", "school"]),
            _ => ("test", word, labels),
        };
        format!(
            "the river and the boat {i} at night{word},{first},{part}\na word on the board {i}{word},{second},{part}\n"
        )
    };
    fs::write(folder.path("rows.csv"), format!("text,label,split\n{}", (0..16).map(row).collect::<String>())).unwrap();
}

/// The runs of a search by their names, without their times.
fn trials(folder: &Folder, journal: &str) -> BTreeMap<String, Value> {
    let lines = folder.journal(journal).into_iter().skip(1).map(|line| {
        let (id, mut finished): (String, Value) = serde_json::from_str(line.split_once(' ').unwrap().1).unwrap();
        if let Some(run) = finished["run"].as_object_mut() {
            run.remove("elapsed_ms");
        }
        (id, finished)
    });
    lines.filter(|(id, _)| id.starts_with("trial/")).collect()
}

/// Two arms, 3 × 2 settings, the better third of which is run with two more seeds.
const SEARCH: [&str; 9] = [
    "--arms",
    "guided,tuned",
    "--tune",
    "--tune-learning-rates",
    "1e-4,1e-3,2e-3",
    "--tune-epochs",
    "1,2",
    "--tune-seeds",
    "71,72,73",
];

#[test]
fn a_search_gives_each_arm_the_same_budget_and_the_comparison_its_own_best() {
    let folder = Folder::with_rows("tune");
    let ran = folder.command("out.json", &all(&SEARCH)).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.contains("\nEach arm ran at its own best of 6 settings.\n"), "{said}");
    let results: Value = serde_json::from_slice(&fs::read(folder.path("out.json")).unwrap()).unwrap();
    assert_eq!(results["config"]["validation_fraction"], 0.2);
    let choices = results["config"]["choices"].as_array().unwrap();
    let trials = trials(&folder, "out.tune.journal");
    for (choice, arm) in choices.iter().zip(["guided", "tuned"]) {
        // 6 settings with the first seed, 2 of them with two more.
        assert_eq!((&choice["arm"], &choice["settings"], &choice["trials"]), (&arm.into(), &6.into(), &10.into()));
        let of_arm = trials.values().map(|t| &t["run"]).filter(|run| run["arm"] == arm);
        let seeds: Vec<u64> = of_arm.map(|run| run["seed"].as_u64().unwrap()).collect();
        assert_eq!([71, 72, 73].map(|seed| seeds.iter().filter(|&&s| s == seed).count()), [6, 2, 2], "{arm}");
        let runs: Vec<&Value> = results["runs"].as_array().unwrap().iter().filter(|run| run["arm"] == arm).collect();
        assert_eq!(runs.iter().map(|run| run["seed"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2], "other seeds");
        for run in runs {
            assert_eq!(run["epochs"].as_array().unwrap().len(), choice["epochs"], "{arm}: its own length");
        }
    }
    assert_eq!((choices.len(), trials.len()), (2, 20));
    let rates = results["arms"]["tuned"].as_array().unwrap();
    assert!(rates.iter().all(|site| site["rate"] == choices[1]["rate"]), "{rates:?}");
    let remarks = results["remarks"].as_array().unwrap();
    assert!(remarks.iter().any(|remark| remark["kind"] == "own_best" && remark["settings"] == 6), "{remarks:?}");

    let shared = [&SEARCH[..8], &["71,2"]].concat();
    let refusal = folder.compare("shared.json", &all(&shared)).unwrap_err();
    assert!(refusal.contains("seeds that the comparison does not use, got 2"), "{refusal}");
}

#[test]
fn an_interrupted_search_resumes_and_chooses_the_same() {
    let folder = Folder::with_rows("tune-resume");
    let (whole, _) =
        without_times(folder.compare("whole.json", &all(&[&SEARCH[..], &["--threads", "1"]].concat())).unwrap());
    let lines = folder.journal("whole.tune.journal");
    assert_eq!(lines.len(), 1 + 2 + 20, "a header, two shards of Fisher information, the trials");
    // In the first round, and in the second.
    for kept in [8, 19] {
        let cut = &lines[kept][..lines[kept].len() / 2];
        fs::write(folder.path("again.tune.journal"), format!("{}\n{cut}", lines[..kept].join("\n"))).unwrap();
        let (again, _) = without_times(folder.compare("again.json", &all(&SEARCH)).unwrap());
        assert_eq!(again, whole);
        let after = folder.journal("again.tune.journal");
        assert_eq!(after.len(), lines.len() + 1, "finished trials are not repeated; the line that was cut stays alone");
        fs::remove_file(folder.path("again.journal")).unwrap();
    }
    let wider = [&SEARCH[..6], &["1,2,3"], &SEARCH[7..]].concat();
    let refusal = folder.compare("again.json", &all(&wider)).unwrap_err();
    assert!(refusal.contains("again.tune.journal holds another experiment"), "{refusal}");
}

/// With other test rows, texts and labels alike, every trial is the same to the bit.
#[test]
fn a_search_never_looks_at_the_test_part() {
    let folder = Folder::with_rows("tune-test-part");
    with_own_split(&folder, "", ["water", "school"]);
    let first = folder.compare("first.json", &all(&SEARCH)).unwrap();
    with_own_split(&folder, " x", ["school", "water"]);
    let second = folder.compare("second.json", &all(&SEARCH)).unwrap();
    let searched = trials(&folder, "first.tune.journal");
    assert_eq!(searched.len(), 20);
    assert!(
        searched.values().all(|trial| trial["run"]["predictions"].as_array().unwrap().len() == 6),
        "validation rows"
    );
    assert!(searched == trials(&folder, "second.tune.journal"));
    assert_eq!(first["config"]["choices"], second["config"]["choices"]);
    assert_ne!(first["runs"], second["runs"], "the comparison does look at it");
}
