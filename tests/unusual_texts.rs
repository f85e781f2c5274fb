//! Texts that break programs, the whole way: file, Fisher information, training, prediction. Each row is trained on or
//! rejected with line and reason, by the rules of README.md; nothing panics, and no number is silently not a number.
//!
//! Natively only; `tests/browser/unusual-texts.mjs` takes such a file through the page.
#![cfg(not(target_arch = "wasm32"))]

#[macro_use]
mod common;

use burn::tensor::Device;
use common::{CONFIG, PROSE, TOKENIZER, WEIGHTS, finish};
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, JobKind, RunKey};
use guided_dropout_lab::lab::results::RunReport;
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher::{self, TextFisher};
use guided_dropout_lab::method::rates::ArmRates;
use guided_dropout_lab::method::schedule::guided;
use serde_json::json;
use std::collections::BTreeMap;

/// Texts that are trained on.
fn trained() -> Vec<String> {
    [
        "\u{1f469}\u{200d}\u{1f52c}\u{1f9ec} \u{1f3f3}\u{fe0f}\u{200d}\u{1f308}", // emoji, joined
        "\u{1f600}",
        "مرحبا بالعالم",
        "\u{202e}the cat sat\u{202c} שלום the river",
        "\u{200b}\u{200c}\u{200d}\u{2060}", // nothing to see, and nothing that counts as space
        "zero\u{200b}width\u{feff}in\u{00ad}side",
        "a\u{0}b \u{0}the cat", // NUL within
        "e\u{301}\u{301}\u{301}\u{301} combining",
        "[PAD] [PAD] [PAD]", // nothing but padding, once it is tokens
        "[CLS] [SEP] [MASK] [UNK] [PAD]",
        "北京的河",
        "\u{fffd}\u{10ffff}\u{e000}",
        "'); DROP TABLE texts;-- <script>alert(1)</script> ${x} {{y}} %s",
    ]
    .map(String::from)
    .into_iter()
    .chain(["x".repeat(10_000), "word ".repeat(5_000), "\u{1f600}".repeat(3_000), "e\u{301}".repeat(5_000)])
    .collect()
}

/// Texts that are rejected, each with its reason.
const REJECTED: [(&str, &str); 5] = [
    ("", "the text is empty"),
    ("   \t  ", "the text is empty"),
    ("\u{3000}\u{a0}\u{2028}", "the text is empty"),
    ("\u{0}\u{1}\u{7f}", "the text is empty"),
    (" \u{0} \n \u{85} ", "the text is empty"),
];

/// Every text twice, each with one of two labels, as JSON Lines; some rows are broken besides.
fn file(texts: &[String]) -> Vec<u8> {
    let mut lines: Vec<String> = texts
        .iter()
        .flat_map(|text| ["\u{1f44d}", "\u{0}لا\u{0}"].map(|label| json!({"text": text, "label": label}).to_string()))
        .collect();
    lines.push(r#"{"text": "\ud800 alone", "label": "👍"}"#.into());
    lines.push(r#"{"text": "\udc00\ud800", "label": "👍"}"#.into());
    lines.push(json!({"text": "the cat", "label": "\u{0} "}).to_string());
    lines.push(json!({"text": null, "label": "\u{1f44d}"}).to_string());
    lines.push(json!({"text": ["the cat"], "label": "\u{1f44d}"}).to_string());
    lines.join("\n").into_bytes()
}

fn lab(device: Device, data: &[u8], prose: &str) -> Lab {
    let mut lab = Lab::new(device);
    lab.load_model("tiny", CONFIG, WEIGHTS, TOKENIZER).unwrap();
    lab.set_dataset(Dataset::read(data, &ReadOptions::default()).unwrap());
    lab.set_corpus(prose);
    lab
}

fn config(max_tokens: usize) -> Config {
    let raw = RawConfig {
        arms: vec![Arm::Standard, Arm::Guided],
        seeds: vec![1],
        epochs: 2,
        batch_size: 8,
        max_tokens,
        fisher_texts: 30,
        ..RawConfig::default()
    };
    raw.check().unwrap()
}

async fn fisher_texts(lab: &mut Lab, config: &Config, jobs: &[Job]) -> Vec<TextFisher> {
    let mut events = Vec::new();
    for job in jobs.iter().filter(|job| matches!(job.kind, JobKind::Fisher { .. })) {
        events.extend(finish(lab, config, job, None, 4).await);
    }
    events.into_iter().filter_map(|event| if let Event::FisherText(text) = event { Some(text) } else { None }).collect()
}

/// The whole experiment as the page and `guided-dropout compare` have it: the plan's jobs one after the other.
async fn experiment(lab: &mut Lab, config: &Config) -> (Vec<TextFisher>, BTreeMap<Arm, ArmRates>, Vec<RunReport>) {
    let jobs = lab.plan(config.clone()).unwrap().jobs;
    let texts = fisher_texts(lab, config, &jobs).await;
    let estimate = fisher::estimate(&lab.tensor_names().unwrap(), &texts).unwrap();
    let arms = lab.arms(config, Some(guided(&estimate.sites, config.p_upper, config.p_lower))).unwrap();
    let mut runs = Vec::new();
    for job in &jobs {
        if let JobKind::Run { run: RunKey { arm, .. }, .. } = &job.kind {
            match finish(lab, config, job, Some(&arms[arm]), 4).await.pop() {
                Some(Event::RunDone { run }) => runs.push(run),
                other => panic!("a run ends with run_done, not {other:?}"),
            }
        }
    }
    (texts, arms, runs)
}

/// Both arms took their steps, and every number is one.
fn assert_finite(runs: &[RunReport], tests: usize) {
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert!(run.steps.len() >= 2 && run.epochs.len() == 2, "{run:?}");
        assert!(run.steps.iter().all(|step| step.loss.is_finite()), "{:?}: {:?}", run.arm, run.steps);
        assert!(run.epochs.iter().all(|epoch| epoch.eval_loss.is_finite()), "{:?}: {:?}", run.arm, run.epochs);
        assert_eq!(run.predictions.len(), tests);
    }
}

async fn every_row_is_trained_on_or_rejected_by_name(_: Device) {
    let texts: Vec<String> = trained().into_iter().chain(REJECTED.map(|(text, _)| text.to_string())).collect();
    let rows = 2 * texts.len() + 5;
    let data = Dataset::read(&file(&texts), &ReadOptions::default()).unwrap();
    assert_eq!(data.examples.len() + data.rejected.len(), rows, "no row is lost");
    assert_eq!(data.labels, ["لا", "\u{1f44d}"], "labels without control characters around them");
    let taken: Vec<&str> = data.examples.iter().step_by(2).map(|example| example.text.as_str()).collect();
    assert_eq!(taken, trained().iter().map(|text| text.trim()).collect::<Vec<_>>(), "as they are, none changed or cut");
    let first = 2 * trained().len() as u64 + 1;
    let said: Vec<(u64, &str)> = data.rejected.iter().map(|it| (it.line, it.reason.as_str())).collect();
    let mut expected: Vec<(u64, &str)> = REJECTED
        .iter()
        .flat_map(|(_, reason)| [*reason; 2])
        .zip(first..)
        .map(|(reason, line)| (line, reason))
        .collect();
    let after = first + 2 * REJECTED.len() as u64;
    expected.extend([
        (after + 2, "the label is empty"),
        (after + 3, "the text is empty"),
        (after + 4, "the text is a list"),
    ]);
    assert!(said[expected.len() - 3..expected.len() - 1].iter().all(|(_, it)| it.contains("hex escape")), "{said:?}");
    let others: Vec<(u64, &str)> = said.into_iter().filter(|(_, reason)| !reason.contains("hex escape")).collect();
    assert_eq!(others, expected);
}

async fn unusual_texts_go_the_whole_way(device: Device) {
    let mut lab = lab(device.clone(), &file(&trained()), &format!("{PROSE}{}", trained().join("\n")));
    for max_tokens in [5, 40] {
        let config = config(max_tokens);
        let (texts, arms, runs) = experiment(&mut lab, &config).await;
        assert!(texts.len() > 15 && texts.iter().all(|text| text.means.iter().all(|mean| mean.is_finite())));
        let unknown = texts.iter().filter(|text| text.means.iter().all(|&mean| mean == 0.0)).count();
        assert!(unknown > 3 && unknown < texts.len() - 3, "{unknown} of {} with nothing to predict", texts.len());
        assert!(arms[&Arm::Guided].rates.iter().all(|it| (0.0..=0.1).contains(&it.rate)));
        let test = lab.dataset().unwrap().split(1, config.test_fraction).unwrap().test;
        assert_finite(&runs, test.len());

        let model = lab.load_trained(&lab.export_model().await.unwrap()).unwrap();
        for text in trained().iter().map(String::as_str).chain(REJECTED.map(|(text, _)| text)) {
            let (tokens, logits) = lab.predict(&model, text, None, max_tokens).await.unwrap();
            assert!(tokens.len() >= 2 && tokens.len() <= max_tokens, "{tokens:?}");
            assert!(logits.len() == 2 && logits.iter().all(|logit| logit.is_finite()), "{text:.40}: {logits:?}");
        }
    }
}

/// Of such texts alone, the answer can only be the same for each; training goes through all the same.
async fn rows_of_nothing_but_padding_are_trained_on(device: Device) {
    // Different texts, since equal ones are never on both sides of a split; cut to 8 tokens, all of them are the same ids.
    for text in ["[PAD] ", "\u{200b}"] {
        let rows: Vec<String> = (8..18).map(|times| text.repeat(times)).collect();
        let mut lab = lab(device.clone(), &file(&rows), PROSE);
        let config = config(8);
        let (_, _, runs) = experiment(&mut lab, &config).await;
        let test = lab.dataset().unwrap().split(1, config.test_fraction).unwrap().test;
        assert_finite(&runs, test.len());
        for run in runs {
            assert!(run.predictions.windows(2).all(|two| two[0] == two[1]), "{:?}", run.predictions);
        }
    }
}

/// Texts of which the tokenizer knows no word leave nothing to predict: no order of the sites, and an error that says so.
async fn prose_without_a_known_word_is_refused_for_fisher_information(device: Device) {
    let unknown = "\u{1f600}\n\u{1f469}\u{200d}\u{1f52c}\n\u{200b}\n\u{10ffff}";
    let mut lab = lab(device.clone(), &file(&trained()), unknown);
    let config = config(16);
    let jobs = lab.plan(config.clone()).unwrap().jobs;
    let texts = fisher_texts(&mut lab, &config, &jobs).await;
    assert!(!texts.is_empty());
    let error = fisher::estimate(&lab.tensor_names().unwrap(), &texts).unwrap_err();
    assert!(error.to_string().contains("a word that the model's tokenizer knows"), "{error}");
}

tests_on!(
    cpu:
    every_row_is_trained_on_or_rejected_by_name,
    unusual_texts_go_the_whole_way,
    rows_of_nothing_but_padding_are_trained_on,
    prose_without_a_known_word_is_refused_for_fisher_information,
);
