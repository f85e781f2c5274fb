//! Models, heads, plans and jobs on a lab that is loaded, and runs that a file claims.

use super::readers::TABLES;
use super::{CONFIG, TOKENIZER, WEIGHTS, parsed};
use crate::harness::fuzz;
use crate::mutate::{Random, json_file, safetensors};
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions, Task};
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, JobKind, PlanFile};
use guided_dropout_lab::lab::results::{Judgement, RunReport};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher::{self, TextFisher};
use guided_dropout_lab::method::schedule::guided;
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::pretrained::Pretrained;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

/// A lab with a model of these files, data and prose; or why they are none.
fn lab(config: &[u8], weights: &[u8], tokenizer: &[u8]) -> Option<Lab> {
    let mut lab = Lab::new(Device::flex());
    lab.load_model("tiny", config, weights, tokenizer).ok()?;
    lab.set_dataset(Dataset::read(TABLES[0].as_bytes(), &ReadOptions::default()).unwrap());
    lab.set_corpus("the cat sat on the mat\n\u{200b}\na \u{202e}boat\u{1f469}\u{200d}\u{1f52c} [MASK]");
    Some(lab)
}

fn small(arms: Vec<Arm>) -> Config {
    let raw = RawConfig {
        arms,
        seeds: vec![1],
        epochs: 1,
        batch_size: 4,
        max_tokens: 8,
        fisher_texts: 3,
        ..RawConfig::default()
    };
    raw.check().unwrap()
}

/// Fisher information of three texts, a run of one step and an answer.
fn train(lab: &mut Lab) {
    let config = small(vec![Arm::Guided]);
    let Ok(plan) = lab.plan(config.clone()) else { return };
    let scores: Vec<_> = guided_sites(lab);
    let arms = lab.arms(&config, Some(guided(&scores, 0.1, 0.0))).unwrap();
    for job in &plan.jobs {
        let arm = matches!(job.kind, JobKind::Run { .. }).then(|| &arms[&Arm::Guided]);
        if lab.start(&config, job, arm).is_err() {
            continue;
        }
        while pollster::block_on(lab.advance(8)).is_ok_and(|events| !events.is_empty()) {}
    }
}

fn guided_sites(lab: &Lab) -> Vec<guided_dropout_lab::method::schedule::SiteScore> {
    let names = lab.tensor_names().unwrap();
    let means = names.iter().enumerate().map(|(place, _)| place as f64 + 1.0).collect();
    fisher::estimate(&names, &[TextFisher { index: 0, loss: 1.0, means }]).unwrap().sites
}

#[test]
fn models() {
    let (config, tokenizer) = (parsed(CONFIG), parsed(TOKENIZER));
    let make = |random: &mut Random| {
        let mut files = vec![CONFIG.to_vec(), WEIGHTS.to_vec(), TOKENIZER.to_vec()];
        match random.random_range(0..4) {
            0 => files[0] = json_file(random, &config),
            1 => files[1] = safetensors(random, WEIGHTS),
            _ => files[2] = json_file(random, &tokenizer),
        }
        files
    };
    fuzz("models", make, |files, _| {
        let Some(mut lab) = lab(&files[0], &files[1], &files[2]) else { return false };
        train(&mut lab);
        true
    });
}

/// The fixture without its head, and the head.
fn headless() -> (Vec<u8>, Vec<u8>) {
    let whole = safetensors::SafeTensors::deserialize(WEIGHTS).unwrap();
    let part = |is_head: bool| {
        let tensors = whole.tensors().into_iter().filter(|(name, _)| name.starts_with("cls.predictions") == is_head);
        safetensors::serialize(tensors, None).unwrap()
    };
    (part(false), part(true))
}

#[test]
fn heads() {
    let (encoder, head) = headless();
    let make = |random: &mut Random| vec![safetensors(random, &head)];
    fuzz("heads", make, |files, _| {
        // Not in a lab: its device records operations for gradients, and forgets them only when there are some.
        let mut model = Pretrained::new("tiny", CONFIG, &encoder, TOKENIZER, &Device::flex()).unwrap();
        model.add_head(&files[0]).is_ok()
    });
}

// --- plans and imported results -------------------------------------------------------------------------------------

#[test]
fn plans() {
    let settings = json!({"arms": ["guided", "none", "standard"], "seeds": [1, 2, 3], "fractions": [1, 0.25], "epochs": 3,
        "learning_rate": 3e-4, "batch_size": 16, "max_tokens": 64, "fisher_texts": 200, "p_upper": 0.1, "p_lower": 0.0,
        "custom_rates": [{"site": "embeddings", "rate": 0.1}], "test_fraction": 0.2, "warmup_fraction": 0.1, "weight_decay": 0.01});
    let files = [
        settings.clone(),
        json!({"format": "guided-dropout-results", "version": 1, "config": settings, "runs": []}),
        json!({"format": "guided-dropout-experiment", "version": 1, "config": settings, "inputs": {"dataset": {"name": "a.csv",
            "own": true, "sha256": {"a.csv": "ab"}, "options": {"task": "regression", "max_rows": 9}},
            "model": {"sha256": {"config.json": "cd"}}, "corpus": {"sha256": {"prose.txt": "ef"}}}}),
    ];
    let make = |random: &mut Random| {
        let file = files.choose(random).unwrap();
        vec![json_file(random, file)]
    };
    fuzz("plans", make, |files, _| PlanFile::read(&files[0]).is_ok_and(|plan| plan.config.check().is_ok()));
}

/// Settings and jobs that nobody plans, on a lab that is loaded: refused, or begun and advanced.
#[test]
fn jobs() {
    let settings = json!({"arms": ["guided", "standard", "shuffled", "tuned"], "seeds": [1, 2], "fractions": [1, 0.5], "epochs": 1,
        "learning_rate": 3e-4, "batch_size": 4, "max_tokens": 16, "fisher_texts": 2, "test_fraction": 0.2, "tuned_rate": 0.1,
        "validation_fraction": 0.2, "evaluate_every": 1, "keep_classifier": false});
    let run = |kind: &str| {
        json!({"kind": kind, "id": "run", "arm": "guided", "seed": 1, "fraction": 0.5, "units": 4, "work": 1.0, "evaluation": 1.0,
        "setting": {"learning_rate": 1e-3, "epochs": 1, "rate": 0.1}})
    };
    let grid = json!({"points": 8, "range": 1.0, "seed": 3, "texts": 2, "norm": "tensor"});
    let jobs = [
        json!({"kind": "fisher", "id": "fisher", "from": 0, "to": 2, "work": 1.0, "units": 2}),
        run("run"),
        run("trial"),
        run("trajectory"),
        json!({"kind": "plane", "id": "plane", "seed": 1, "fraction": 0.5, "rows": 4, "level": 0, "row": 1, "columns": [0, 1], "at": [[0.0, 0.5], [1.0, -0.5]], "work": 1.0, "units": 2}),
        json!({"kind": "landscape", "id": "landscape", "settings": grid, "subset": "all", "moved": ["bert.pooler.dense.bias"], "level": 0, "row": 1, "columns": [0, 7], "work": 1.0, "units": 2}),
    ];
    let lab = std::cell::RefCell::new(lab(CONFIG, WEIGHTS, TOKENIZER).unwrap());
    let guided = guided(&guided_sites(&lab.borrow()), 0.1, 0.0);
    let make = |random: &mut Random| {
        let of = |random: &mut Random, whole: &Value| {
            if random.random_ratio(1, 2) { whole.to_string().into_bytes() } else { json_file(random, whole) }
        };
        let job = jobs.choose(random).unwrap();
        vec![of(random, &settings), of(random, job)]
    };
    fuzz("jobs", make, |files, _| {
        let Some(config) = serde_json::from_slice::<RawConfig>(&files[0]).ok().and_then(|raw| raw.check().ok()) else {
            return false;
        };
        let mut lab = lab.borrow_mut();
        let is_planned = lab.plan(config.clone()).is_ok();
        let (Ok(job), Ok(arms)) = (serde_json::from_slice::<Job>(&files[1]), lab.arms(&config, Some(guided.clone())))
        else {
            return is_planned;
        };
        let begun = lab.start(&config, &job, arms.get(&Arm::Guided)).is_ok();
        if begun && config.batch_size <= 16 {
            for _ in 0..3 {
                let _ = pollster::block_on(lab.advance(1)); // an error ends the job
            }
        }
        is_planned || begun
    });
}

#[test]
fn imported_runs() {
    let run = |arm: &str, seed: u32, accuracy: f64| {
        json!({"arm": arm, "seed": seed, "fraction": 1.0, "steps": [{"step": 1, "loss": 0.7}, {"step": 2, "loss": 0.6}],
            "epochs": [{"epoch": 1, "train_loss": 0.6, "eval_loss": 0.5, "accuracy": accuracy, "macro_f1": accuracy, "matthews": 0.1}],
            "elapsed_ms": 12.5, "confusion": [[1, 0], [0, 1]], "predictions": [0, 1]})
    };
    let runs =
        json!([run("guided", 1, 0.5), run("guided", 2, 0.75), run("standard", 1, 0.5), run("standard", 2, 0.25)]);
    let names = fisher::tensor_names(&ModelConfig::from_bytes(CONFIG).unwrap());
    let texts = json!([{"index": 0, "loss": 1.0, "means": vec![0.5; names.len()]}, {"index": 1, "loss": 2.0, "means": vec![1.5; names.len()]}]);
    let raw = RawConfig { arms: vec![Arm::Guided, Arm::Standard], seeds: vec![1, 2], ..RawConfig::default() };
    let config = raw.check().unwrap();
    let make = |random: &mut Random| vec![json_file(random, &runs), json_file(random, &texts)];
    fuzz("imported_runs", make, |files, random| {
        let runs = serde_json::from_slice::<Vec<RunReport>>(&files[0]);
        if let Ok(runs) = &runs {
            let task = *[Task::Classification, Task::Regression].choose(random).unwrap();
            serde_json::to_string(&Judgement::new(&config, task, &[], runs)).unwrap();
        }
        let texts = serde_json::from_slice::<Vec<TextFisher>>(&files[1]);
        if let Ok(estimate) =
            texts.as_ref().map_err(|_| ()).and_then(|texts| fisher::estimate(&names, texts).map_err(|_| ()))
        {
            let rates = guided(&estimate.sites, 0.1, 0.0);
            assert!(rates.iter().all(|it| (0.0..=0.1).contains(&it.rate)), "{rates:?}");
        }
        runs.is_ok() || texts.is_ok()
    });
}
