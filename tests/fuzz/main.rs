//! Whatever the files are, they are read or refused: no panic, no wait over a second for 100 kB, no memory out of proportion.
//!
//! `cargo test` spends two seconds on each kind of file; `make fuzz` as long as it is told to. See `harness.rs`.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../common/allocator.rs"]
mod allocator;
mod harness;
mod mutate;

use burn::tensor::Device;
use guided_dropout_lab::data::dataset::{Dataset, Mend, ReadOptions, Sampling, Task};
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, JobKind, PlanFile};
use guided_dropout_lab::lab::results::{Judgement, RunReport};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher::{self, TextFisher};
use guided_dropout_lab::method::schedule::guided;
use guided_dropout_lab::models::appraisal::Appraisal;
use guided_dropout_lab::models::checkpoint::Checkpoint;
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::family::Family;
use guided_dropout_lab::models::pretrained::Pretrained;
use harness::fuzz;
use mutate::{Random, bytes, hard_text, json_file, parts, safetensors};
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

const CONFIG: &[u8] = include_bytes!("../fixtures/tiny_bert/config.json");
const WEIGHTS: &[u8] = include_bytes!("../fixtures/tiny_bert/model.safetensors");
const TOKENIZER: &[u8] = include_bytes!("../fixtures/tiny_bert/tokenizer.json");

fn parsed(file: &[u8]) -> Value {
    serde_json::from_slice(file).unwrap()
}

// --- data sets ------------------------------------------------------------------------------------------------------

const TABLES: [&str; 8] = [
    "text,label\n\"a b, c\",yes\nd,no\ne,yes\nf,no\n",
    "sentence1\tsentence2\tscore\na b c\td e f\t1.5\ng\th\t2.25\ni\tj\t0.5\n",
    "message;topic\r\n\"rain \"\"and\"\" wind\";weather\r\ngoal;sport\r\nsun;weather\r\nrun;sport\r\n",
    "[{\"text\": \"a\", \"label\": 1}, {\"text\": \"b\", \"label\": 2}, {\"label\": 1, \"text\": \"c\"}, {\"text\": \"d\", \"label\": 2}]",
    "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"\\ud83d\\ude00\", \"label\": \"y\"}\n{\"text\": \"c\", \"label\": \"x\"}\n{\"text\": \"d\", \"label\": \"y\"}\n",
    "[\"a\", 1]\n[\"b\", 2]\n[\"c\", 1]\n[\"d\", 2]\n",
    "1|the cat|0\n2|the dog|1\n3|a cat|0\n4|a dog|1\n",
    "\u{feff}Text,Label\n\u{200b},a\n\u{202e}abc,b\n\u{0},a\n👩‍🔬,b\n",
];

fn read_options(random: &mut Random) -> ReadOptions {
    let names = ["", "x.csv", "x.tsv", "x.json", "x.jsonl", "x"];
    let column = |random: &mut Random| {
        let names = ["", "#1", "#2", "#3", "text", "label", "#99999999999999999999", "\u{0}"];
        random.random_ratio(1, 4).then(|| names.choose(random).unwrap().to_string())
    };
    ReadOptions {
        name: names.choose(random).unwrap().to_string(),
        text_column: column(random),
        pair_column: column(random),
        label_column: column(random),
        has_header: *[None, None, Some(true), Some(false)].choose(random).unwrap(),
        task: *[None, None, Some(Task::Classification), Some(Task::Regression)].choose(random).unwrap(),
        max_rows: *[None, None, Some(0), Some(3), Some(usize::MAX)].choose(random).unwrap(),
        delimiter: *[None, None, None, Some(';'), Some('，'), Some('"'), Some('a')].choose(random).unwrap(),
        sample: *[Sampling::Stratified, Sampling::First].choose(random).unwrap(),
        sample_seed: random.random(),
        own_split: *[None, Some(false)].choose(random).unwrap(),
        mend: match random.random_range(0..6) {
            0 => vec![Mend::DropEqual, Mend::GroupNear],
            1 => vec![Mend::DropContradictions],
            2 => vec![Mend::DropLabels { labels: vec!["a".into()] }],
            3 => vec![Mend::MergeLabels { into: "a".into(), from: vec!["b".into(), "2".into()] }],
            _ => Vec::new(),
        },
    }
}

#[test]
fn data_sets() {
    let make = |random: &mut Random| {
        let file = match random.random_range(0..512) {
            // A record longer than all that follow: its room must not be theirs.
            0 => format!("text,label\n\"{}\",a\n{}", "long ".repeat(8_000), "b,b\nc,a\n".repeat(1_000)).into_bytes(),
            1..=63 => hard_text(random, 60).into_bytes(),
            64..=127 => TABLES.map(|table| bytes(random, table.as_bytes())).concat(),
            _ => {
                let table = TABLES.choose(random).unwrap();
                bytes(random, table.as_bytes())
            }
        };
        vec![file]
    };
    fuzz("data_sets", make, |files, random| {
        let Ok(dataset) = Dataset::read(&files[0], &read_options(random)) else { return false };
        let split = dataset.split(random.random(), 0.2).unwrap();
        // A file's own split may have a validation part, and training rows that its test part repeats.
        let left_out = dataset.examples.len() - split.train.len() - split.test.len();
        assert!(left_out == 0 || dataset.has_own_split(), "{left_out} rows in neither part");
        let findings = dataset.health(&split);
        serde_json::to_string(&findings).unwrap();
        assert!(!split.fraction(&dataset, 0.1).is_empty());
        serde_json::to_string(&dataset).unwrap();
        true
    });
}

// --- models and their files -----------------------------------------------------------------------------------------

/// What a tokenizer must do with any text: give ids, no more than allowed, or refuse.
fn encodes(tokenizer: &Tokenizer, text: &[u8], random: &mut Random) {
    let most = random.random_range(Tokenizer::FEWEST_TOKENS..40);
    let cut = tokenizer.cut_to(most).unwrap();
    let text = std::str::from_utf8(text).unwrap();
    for pair in [None, Some("the river"), Some(text)] {
        let Ok(encoding) = cut.encode(text, pair) else { continue };
        assert!(encoding.ids.len() <= most, "{} tokens of {most}", encoding.ids.len());
        assert!(
            [encoding.type_ids.len(), encoding.special.len(), encoding.tokens.len()]
                .iter()
                .all(|&n| n == encoding.ids.len())
        );
    }
}

#[test]
fn tokenizers() {
    let seed = parsed(TOKENIZER);
    let make = |random: &mut Random| {
        let file = if random.random_ratio(1, 8) { bytes(random, TOKENIZER) } else { json_file(random, &seed) };
        vec![file, hard_text(random, 20).into_bytes()]
    };
    fuzz("tokenizers", make, |files, random| {
        let Ok(tokenizer) = Tokenizer::from_bytes(&files[0]) else { return false };
        let _ = tokenizer.vocabulary();
        encodes(&tokenizer, &files[1], random);
        true
    });
}

#[test]
fn texts() {
    let tokenizer = Tokenizer::from_bytes(TOKENIZER).unwrap();
    let make = |random: &mut Random| vec![hard_text(random, 60).into_bytes()];
    fuzz("texts", make, |files, random| {
        let text = std::str::from_utf8(&files[0]).unwrap();
        let most = random.random_range(Tokenizer::FEWEST_TOKENS..80);
        let cut = tokenizer.cut_to(most).unwrap();
        for pair in [None, Some(text), Some("a")] {
            let encoding = cut.encode(text, pair).unwrap();
            assert!((2..=most).contains(&encoding.ids.len()));
        }
        true
    });
}

#[test]
fn vocabularies() {
    let vocab = parsed(TOKENIZER)["model"]["vocab"].as_object().unwrap().clone();
    let mut tokens: Vec<_> = vocab.iter().map(|(token, id)| (id.as_u64().unwrap(), token.as_str())).collect();
    tokens.sort();
    let list = tokens.into_iter().map(|(_, token)| format!("{token}\n")).collect::<String>();
    let config = json!({"do_lower_case": true, "strip_accents": null, "tokenize_chinese_chars": false, "model_max_length": 1e30});
    let make = |random: &mut Random| {
        vec![bytes(random, list.as_bytes()), json_file(random, &config), hard_text(random, 20).into_bytes()]
    };
    fuzz("vocabularies", make, |files, random| {
        let config = random.random::<bool>().then_some(files[1].as_slice());
        let Ok(json) = Tokenizer::json_of_vocabulary(&files[0], config) else { return false };
        encodes(&Tokenizer::from_bytes(json.as_bytes()).unwrap(), &files[2], random);
        true
    });
}

#[test]
fn configurations() {
    let seed = parsed(CONFIG);
    fuzz(
        "configurations",
        |random| vec![json_file(random, &seed)],
        |files, _| {
            let Ok(config) = ModelConfig::from_bytes(&files[0]) else { return false };
            assert!(config.hidden_size % config.num_attention_heads == 0 && config.multiply_adds_per_token() > 0);
            true
        },
    );
}

#[test]
fn appraisals() {
    let (config, header) = (parsed(CONFIG), parsed(parts(WEIGHTS).0));
    let make = |random: &mut Random| {
        let config = if random.random_ratio(1, 4) { json_file(random, &config) } else { CONFIG.to_vec() };
        vec![config, json_file(random, &header)]
    };
    fuzz("appraisals", make, |files, random| {
        let size = match random.random_range(0..4) {
            0 => random.random(),
            _ => 8 + (files[1].len() + parts(WEIGHTS).1.len()) as u64,
        };
        Appraisal::new(&files[0], &files[1], size).is_ok()
    });
}

#[test]
fn checkpoints() {
    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    fuzz(
        "checkpoints",
        |random| vec![safetensors(random, WEIGHTS)],
        |files, random| {
            let Ok(checkpoint) = Checkpoint::from_bytes(&files[0], Family::Bert) else { return false };
            let outputs = checkpoint.classes().unwrap_or(2);
            if random.random_ratio(1, 4) {
                let _ = checkpoint.model(&config, outputs, 1, &Device::flex());
            }
            true
        },
    );
}

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
