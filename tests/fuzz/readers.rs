//! Labelled files, texts, tokenizers, configurations and weights.

use super::{CONFIG, TOKENIZER, WEIGHTS, parsed};
use crate::harness::fuzz;
use crate::mutate::{Random, bytes, hard_text, json_file, parts, safetensors};
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::{
    Correction, Dataset, Mend, ReadOptions, Sampling, Task, Unlabelled, UsualColumns,
};
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::models::appraisal::Appraisal;
use guided_dropout_lab::models::checkpoint::Checkpoint;
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::family::Family;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::json;

pub const TABLES: [&str; 8] = [
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
        corrections: match random.random_range(0..8) {
            0 => {
                vec![Correction { example: random.random_range(0..6), given: "a".into(), corrected: Some("b".into()) }]
            }
            _ => Vec::new(),
        },
        unlabelled: false,
    }
}

fn data_file(random: &mut Random) -> Vec<Vec<u8>> {
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
}

#[test]
fn data_sets() {
    fuzz("data_sets", data_file, |files, random| {
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

#[test]
fn texts_without_labels() {
    fuzz("texts_without_labels", data_file, |files, random| {
        let (bytes, options) = (&files[0], read_options(random));
        let open = || Unlabelled::open(bytes, true, &options, &UsualColumns::default());
        let Ok(mut file) = open() else { return false };
        let whole = file.read(bytes, true).unwrap().len();
        let mut in_pieces = open().unwrap();
        let size = random.random_range(1..200);
        let pieces = bytes.chunks(size).map(|piece| in_pieces.read(piece, false).unwrap().len()).sum::<usize>();
        assert_eq!(pieces + in_pieces.read(&[], true).unwrap().len(), whole, "in pieces of {size} bytes");
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
