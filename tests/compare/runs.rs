//! Threads, interruptions and diverging runs change no other number.

use super::*;
use std::path::Path;

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
