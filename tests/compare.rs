//! `guided-dropout compare` on a tiny model: threads, plan files, and going on after an interruption.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/folder.rs"]
mod folder;

use folder::Folder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const ARMS: [&str; 8] = ["--arms", "guided,standard,shuffled", "--seeds", "2", "--epochs", "1", "--max-tokens", "24"];
const FISHER: [&str; 2] = ["--fisher-texts", "30"];
/// Two shards of Fisher information and a run for each arm and seed.
const JOBS: usize = 2 + 3 * 2;

impl Folder {
    /// A folder with labelled rows and prose.
    fn with_rows(test: &str) -> Folder {
        let folder = Folder::new(test);
        let rows =
            (0..16).map(|i| format!("the river and the boat {i} at night,water\na word on the board {i},school\n"));
        fs::write(folder.path("rows.csv"), format!("text,label\n{}", rows.collect::<String>())).unwrap();
        let prose = (0..30).map(|i| format!("the cat sat on the mat {i} and looked at the rain\n"));
        fs::write(folder.path("prose.txt"), prose.collect::<String>()).unwrap();
        folder
    }

    /// Runs `compare` on the rows with these arguments and gives what it wrote to `out`.
    fn compare(&self, out: &str, arguments: &[&str]) -> Result<Value, String> {
        let ran = self.command(out, arguments).output().unwrap();
        if !ran.status.success() {
            return Err(String::from_utf8(ran.stderr).unwrap());
        }
        Ok(serde_json::from_slice(&fs::read(self.path(out)).unwrap()).unwrap())
    }

    fn command(&self, out: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guided-dropout"));
        command.arg("compare").arg(self.path("rows.csv"));
        // What a test gives comes last, and `--model` may be among it.
        if !arguments.contains(&"--model") {
            command.args(["--model", "tests/fixtures/tiny_bert"]);
        }
        command.arg("--prose").arg(self.path("prose.txt")).arg("--out").arg(self.path(out)).args(arguments);
        command
    }

    fn journal(&self, out: &str) -> Vec<String> {
        fs::read_to_string(self.path(out)).unwrap().lines().map(String::from).collect()
    }
}

/// The times of all runs are taken out and given.
fn without_times(mut results: Value) -> (Value, Vec<f64>) {
    let runs = results["runs"].as_array_mut().unwrap().iter_mut();
    let times = runs.map(|run| run.as_object_mut().unwrap().remove("elapsed_ms").unwrap().as_f64().unwrap()).collect();
    (results, times)
}

fn all<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ARMS.into_iter().chain(FISHER).chain(more.iter().copied()).collect()
}

#[test]
fn threads_and_the_order_of_jobs_leave_no_trace() {
    let folder = Folder::with_rows("threads");
    let (one, _) = without_times(folder.compare("one.json", &all(&["--threads", "1"])).unwrap());
    let (three, _) = without_times(folder.compare("three.json", &all(&["--threads", "3"])).unwrap());
    assert_eq!(one["runs"].as_array().unwrap().len(), 6);
    assert_eq!(one, three);
}

#[test]
fn an_interrupted_experiment_goes_on_where_it_was() {
    let folder = Folder::with_rows("resume");
    let (whole, times) = without_times(folder.compare("whole.json", &all(&["--threads", "1"])).unwrap());
    let lines = folder.journal("whole.journal");
    assert_eq!(lines.len(), 1 + JOBS);
    // Three jobs are kept; the fourth was being written.
    let (kept, cut) = (lines[..4].join("\n"), &lines[4][..lines[4].len() / 2]);
    fs::write(folder.path("again.journal"), format!("{kept}\n{cut}")).unwrap();
    let (again, new_times) = without_times(folder.compare("again.json", &all(&[])).unwrap());
    assert_eq!(again, whole);
    assert_eq!(
        times.iter().filter(|time| new_times.contains(time)).count(),
        1,
        "one run was kept, five were made anew"
    );
    assert_eq!(folder.journal("again.journal").len(), 1 + JOBS + 1, "the line that was cut stays alone");
    let (_, third_times) = without_times(folder.compare("again.json", &all(&[])).unwrap());
    assert_eq!(third_times, new_times, "nothing is left to do");
    let refusal = folder.compare("again.json", &all(&["--epochs", "2"])).unwrap_err();
    assert!(refusal.contains("holds another experiment"), "{refusal}");
}

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

/// Stopped in the middle, by a signal or by a kill, and run again: the same results as of one go.
#[cfg(unix)]
#[test]
fn an_interruption_loses_no_finished_job() {
    let folder = Folder::with_rows("interrupt");
    let seeds = ["--seeds", "12", "--threads", "1", "--json"];
    let (whole, _) = without_times(folder.compare("whole.json", &all(&seeds)).unwrap());
    for signal in ["-TERM", "-KILL"] {
        let out = format!("cut{signal}.json");
        let name = format!("cut{signal}.journal");
        let journal = folder.path(&name);
        let mut child = folder.command(&out, &all(&seeds)).stderr(std::process::Stdio::null()).spawn().unwrap();
        while fs::read_to_string(&journal).map_or(0, |text| text.lines().count()) < 6 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it could be stopped");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(!fs::exists(folder.path(&out)).unwrap());
        let kept = folder.journal(&name);
        let (resumed, _) = without_times(folder.compare(&out, &all(&seeds)).unwrap());
        assert_eq!(resumed, whole);
        let after = folder.journal(&name);
        assert_eq!(kept[..6], after[..6], "finished jobs are not done again");
    }
}

/// One word of one row is not a number: the runs that meet it are lost, the others are compared.
#[test]
fn a_run_that_diverges_is_missing_and_the_others_go_on() {
    let folder = Folder::with_rows("diverged");
    let rows = fs::read_to_string(folder.path("rows.csv")).unwrap();
    fs::write(folder.path("rows.csv"), rows.replacen("at night,", "at night x,", 1)).unwrap();
    let mut weights = fs::read("tests/fixtures/tiny_bert/model.safetensors").unwrap();
    let offset = {
        let file = safetensors::SafeTensors::deserialize(&weights).unwrap();
        let words = file.tensor("bert.embeddings.word_embeddings.weight").unwrap();
        const X: usize = 84; // its place in the vocabulary
        words.data().as_ptr() as usize - weights.as_ptr() as usize + 4 * X * words.shape()[1]
    };
    weights[offset..offset + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(Path::new("tests/fixtures/tiny_bert").join(name), folder.path(name)).unwrap();
    }
    fs::write(folder.path("model.safetensors"), weights).unwrap();
    let model = folder.0.to_str().unwrap();
    let plan = [
        "--model",
        model,
        "--arms",
        "standard,none",
        "--seeds",
        "3",
        "--epochs",
        "2",
        "--fractions",
        "1,0.25",
        "--max-tokens",
        "24",
    ];
    let results = folder.compare("out.json", &plan).unwrap();
    let runs = results["runs"].as_array().unwrap();
    assert!(!runs.is_empty() && runs.len() <= 6, "{} of 12 runs", runs.len());
    assert!(runs.iter().all(|run| run["fraction"] == 0.25), "with all rows, every run meets it");
    let comparisons = results["comparisons"].as_array().unwrap();
    let missing = comparisons.iter().map(|c| c["missing_seeds"].as_array().unwrap().len()).collect::<Vec<_>>();
    assert_eq!((missing[0], missing[1]), (3, 3 - runs.len() / 2));
}
