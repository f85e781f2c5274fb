//! What names of runs, of files and of metrics say: `guided-seed-3`, `runs/uniform_mean/s12/trainer_state.json`, `eval/accuracy`.

use crate::data::dataset::Task;
use crate::lab::metric::metrics_of;
use crate::method::arms::Arm;

/// Prefixes of a metric's name in other programs' exports.
pub(super) const PREFIXES: [&str; 5] = ["", "eval_", "test_", "eval/", "test/"];

/// The one arm whose name is among a name's words; none where there are two.
pub(super) fn arm_in(name: &str) -> Option<Arm> {
    let words = words(name);
    let length = |arm: &Arm| arm.name().split('-').count();
    let holds =
        |arm: &Arm| words.windows(length(arm)).any(|some| some.iter().map(String::as_str).eq(arm.name().split('-')));
    let found: Vec<Arm> = Arm::ALL.into_iter().filter(holds).collect();
    if let [arm] = found[..] { Some(arm) } else { None }
}

/// The number after the word "seed", or that of "seed3" or "s3".
pub(super) fn seed_in(name: &str) -> Option<u32> {
    let words = words(name);
    let after = words.windows(2).find(|pair| pair[0] == "seed").map(|pair| pair[1].as_str());
    let within = || words.iter().find_map(|word| word.strip_prefix("seed").or(word.strip_prefix('s'))?.parse().ok());
    after.and_then(|number| number.parse().ok()).or_else(within)
}

/// The metric that a tag or a file's name without its extension ends with: `eval_accuracy` of `run-guided-seed-1-tag-eval_accuracy`.
pub(super) fn metric_in(tag: &str) -> Option<&'static str> {
    let tag = tag.to_lowercase();
    let known = [Task::Classification, Task::Regression].into_iter().flat_map(metrics_of).copied();
    known.into_iter().find(|metric| {
        let rest = tag.strip_suffix(metric);
        rest.is_some_and(|rest| !rest.ends_with(|end: char| end.is_ascii_alphanumeric()) && !rest.ends_with("train_"))
    })
}

fn words(name: &str) -> Vec<String> {
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn arm_and_seed_of_a_run_are_in_its_name() {
        let cases = [
            ("guided-seed-3", Some(Arm::Guided), Some(3)),
            ("bert-base_uniform_mean_seed12", Some(Arm::UniformMean), Some(12)),
            ("runs/none/s7/trainer_state.json", Some(Arm::None), Some(7)),
            ("By-Kind seed=4", Some(Arm::ByKind), Some(4)),
            ("guided-against-standard-seed-1", None, Some(1)),
            ("glowing-sunset-17", None, None),
            ("misguided-seed-x", None, None),
        ];
        for (name, arm, seed) in cases {
            assert_eq!((arm_in(name), seed_in(name)), (arm, seed), "{name}");
        }
        for arm in Arm::ALL {
            assert_eq!(arm_in(&format!("x_{}_y", arm.name().replace('-', "_"))), Some(arm));
        }
    }

    #[test]
    fn metrics_are_known_by_the_end_of_a_tag() {
        let tags = ["eval/accuracy", "eval_accuracy", "test/Macro_F1", "run-a-tag-eval_pearson", "matthews"];
        assert_eq!(
            tags.map(|tag| metric_in(tag).unwrap()),
            ["accuracy", "accuracy", "macro_f1", "pearson", "matthews"]
        );
        assert!(
            ["inaccuracy", "eval/loss", "accuracy/epoch", "train_accuracy"].iter().all(|tag| metric_in(tag).is_none())
        );
    }
}
