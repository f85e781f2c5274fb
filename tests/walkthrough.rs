//! The walkthrough of one text ends at the Fisher information of the fast path, and shows what the model predicts.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use burn::tensor::Device;
use burn::tensor::activation::softmax;
use common::{CONFIG, TOKENIZER, WEIGHTS, fisher_texts, without_mlm_head};
use guided_dropout_lab::data::masking::mask_text;
use guided_dropout_lab::error::ErrorKind;
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::method::fisher::{self, Text, TextFisher};
use guided_dropout_lab::method::walkthrough::Walk;
use guided_dropout_lab::models::checkpoint::read;
use guided_dropout_lab::models::family::Family;
use guided_dropout_lab::models::hooks::Off;
use guided_dropout_lab::models::site::Site;
use guided_dropout_lab::models::transformer::Batch;
use pollster::block_on;

const PROSE: &str = "the cat sat on the mat and looked at the rain and the small boat\n\
    a small boat crossed the wide river at night\n[SEP]\n";

fn lab() -> Lab {
    let mut lab = Lab::new(Device::flex());
    lab.load_model("tiny", CONFIG, WEIGHTS, TOKENIZER).unwrap();
    assert_eq!(lab.set_corpus(PROSE), 3);
    lab
}

/// Twelve tokens at most: the first text is cut.
fn config() -> Config {
    RawConfig { max_tokens: 12, fisher_seed: 3, fisher_texts: 3, ..RawConfig::default() }.check().unwrap()
}

fn walk(index: usize) -> Walk {
    block_on(lab().walk(&config(), index)).unwrap()
}

fn measured(index: usize) -> TextFisher {
    let mut lab = lab();
    block_on(fisher_texts(&mut lab, &config(), index, index + 1)).remove(0)
}

fn assert_close(what: &str, ours: f64, expected: f64, tolerance: f64) {
    let bound = tolerance * expected.abs().max(1e-12);
    assert!((ours - expected).abs() <= bound, "{what}: {ours} where {expected} was expected");
}

/// Two ways to the same numbers: a plain backward pass here, norms from Gram matrices there.
#[test]
fn a_walk_ends_at_the_fisher_estimate_of_its_text() {
    for index in 0..3 {
        let (walk, fast) = (walk(index), measured(index));
        assert_eq!(walk.measured.index, index);
        assert_close("loss", walk.measured.loss, fast.loss, 1e-5);
        assert_eq!(walk.sites.len(), 7);
        let alone = fisher::estimate(&lab().tensor_names().unwrap(), &[fast]);
        if walk.hidden.is_empty() {
            assert!(walk.sites.iter().all(|site| site.score == 0.0));
            let error = alone.unwrap_err().to_string();
            assert!(error.contains("so that there is something to predict"), "{error}");
            continue;
        }
        let alone = alone.unwrap();
        for (ours, expected) in walk.sites.iter().zip(&alone.sites) {
            assert_eq!(ours.site, expected.site);
            assert_close(&ours.site.to_string(), ours.score, expected.score, 1e-4);
        }
        // The gradient of a key's bias is 0 in exact arithmetic: rounding noise.
        for (ours, expected) in walk.tensors.iter().zip(&alone.tensors).filter(|(t, _)| !t.name.ends_with("key.bias")) {
            assert_eq!(ours.name, expected.name);
            assert_close(&ours.name, ours.mean, expected.mean, 1e-4);
        }
    }
}

#[test]
fn guesses_are_the_most_probable_tokens_and_the_loss_is_that_of_the_answers() {
    let (walk, lab, config) = (walk(0), lab(), config());
    let pretrained = lab.pretrained().unwrap();
    let tokenizer = pretrained.tokenizer.cut_to(12).unwrap();
    let text = Text { index: 0, encoding: tokenizer.encode(PROSE.lines().next().unwrap(), None).unwrap() };
    let masked =
        mask_text(&text.encoding, pretrained.config.objective(&tokenizer).unwrap(), config.fisher_seed, text.index);
    let batch = Batch::new(&[(&masked.ids, &text.encoding.type_ids)], 0, &Device::flex());
    let model = pretrained.model(2, 0, &Device::flex()).unwrap();
    let probabilities = softmax(model.predict_tokens(&batch, &masked.positions, &Off), 1);
    let [_, vocabulary] = probabilities.dims();
    let probabilities = block_on(read(probabilities)).unwrap();

    assert_eq!(walk.hidden.iter().map(|h| h.position).collect::<Vec<_>>(), masked.positions);
    for (hidden, row) in walk.hidden.iter().zip(probabilities.chunks(vocabulary)) {
        assert_eq!(hidden.answer.token, walk.tokens[hidden.position].text);
        assert_eq!(hidden.guesses.len(), 5);
        let best = (0..vocabulary).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
        assert_eq!(hidden.guesses[0].token, tokenizer.token(best as u32));
        for guess in hidden.guesses.iter().chain([&hidden.answer]) {
            let id = (0..vocabulary).find(|&id| tokenizer.token(id as u32) == guess.token).unwrap();
            assert_close(&guess.token, guess.probability, f64::from(row[id]), 1e-4);
        }
        assert!(hidden.guesses.is_sorted_by(|a, b| a.probability >= b.probability));
        assert!(row.iter().filter(|&&p| f64::from(p) > hidden.guesses[4].probability * 1.0001).count() <= 4);
    }
    let loss = walk.hidden.iter().map(|h| -h.answer.probability.ln()).sum::<f64>() / walk.hidden.len() as f64;
    assert_close("loss", walk.measured.loss, loss, 1e-5);
}

/// GPT-2: every token but the first, from those before it; and the same estimate as the fast path's.
#[test]
fn a_causal_model_predicts_each_next_token() {
    let file = |name: &str| std::fs::read(format!("tests/fixtures/families/gpt2/{name}")).unwrap();
    let mut lab = Lab::new(Device::flex());
    let tokenizer = file("tokenizer.json");
    lab.load_model("gpt2", &file("config.json"), &file("model.safetensors"), &tokenizer).unwrap();
    lab.set_corpus("The old dog ran home.\nx\n");
    let walk = block_on(lab.walk(&config(), 0)).unwrap();
    assert!(walk.causal && walk.tokens.iter().all(|token| token.seen == token.text));
    let positions: Vec<usize> = walk.hidden.iter().map(|it| it.position).collect();
    assert_eq!(positions, (1..walk.tokens.len()).collect::<Vec<_>>());
    assert!(walk.hidden.iter().all(|it| it.answer.token == walk.tokens[it.position].text));
    let loss = walk.hidden.iter().map(|h| -h.answer.probability.ln()).sum::<f64>() / walk.hidden.len() as f64;
    assert_close("loss", walk.measured.loss, loss, 1e-5);
    let mut fast = block_on(fisher_texts(&mut lab, &config(), 0, 2));
    fast.sort_by_key(|text| text.index);
    for (ours, fast) in walk.measured.means.iter().zip(&fast[0].means) {
        assert_close("mean square", *ours, *fast, 1e-4);
    }
    assert_eq!(walk.windows[1].tensor, "transformer.h.0.attn.c_attn.weight");
    assert!(fast[1].means.iter().all(|&mean| mean == 0.0), "one token has none before it");
}

#[test]
fn tokens_show_what_is_seen_and_what_stands_there() {
    let walk = walk(0);
    assert_eq!(walk.tokens.len(), 12);
    let words: Vec<&str> = walk.tokens.iter().map(|t| t.text.as_str()).collect();
    assert_eq!((words[0], words[11]), ("[CLS]", "[SEP]"));
    assert!(walk.tokens.iter().enumerate().all(|(i, t)| t.special == (i == 0 || i == 11)));
    let changed: Vec<usize> = (0..12).filter(|&i| walk.tokens[i].seen != walk.tokens[i].text).collect();
    assert!(!changed.is_empty() && changed.iter().all(|i| walk.hidden.iter().any(|h| h.position == *i)));
}

/// The windows are elements of the very gradient whose squares the score is made of.
#[test]
fn windows_are_corners_of_the_gradients() {
    let (walk, lab, config) = (walk(1), lab(), config());
    let pretrained = lab.pretrained().unwrap();
    let tokenizer = pretrained.tokenizer.cut_to(12).unwrap();
    let text = Text { index: 1, encoding: tokenizer.encode(PROSE.lines().nth(1).unwrap(), None).unwrap() };
    let masked =
        mask_text(&text.encoding, pretrained.config.objective(&tokenizer).unwrap(), config.fisher_seed, text.index);
    let device = Device::flex().autodiff();
    let batch = Batch::new(&[(&masked.ids, &text.encoding.type_ids)], 0, &device);
    let model = pretrained.model(2, 0, &device).unwrap();
    let (_, squares) = fisher::squared_gradients(&model, &batch, &masked.positions, &masked.targets);
    let sites = Site::all(pretrained.config.num_hidden_layers);
    assert_eq!(walk.windows.iter().map(|w| w.site).collect::<Vec<_>>(), sites);
    for window in &walk.windows {
        let tensor = squares.iter().find(|t| t.name == window.tensor).unwrap();
        assert_eq!(
            (Family::site_of(&window.tensor, sites.len() / 3), &window.shape),
            (Some(window.site), &tensor.shape)
        );
        let values = block_on(read(tensor.flat.clone())).unwrap();
        let largest = values.iter().copied().fold(0.0, f32::max);
        for row in 0..window.rows {
            for column in 0..window.columns {
                let square = window.gradient[row * window.columns + column].powi(2);
                let expected = values[row * tensor.shape[1] + column];
                assert!((square - expected).abs() <= 1e-4 * largest, "{} [{row}, {column}]", window.tensor);
            }
        }
        assert!(window.gradient.iter().any(|&g| g < 0.0) && window.gradient.iter().any(|&g| g > 0.0));
    }
}

/// Attention's activations are probabilities of one query; those of the embeddings come from a LayerNorm.
#[test]
fn activations_are_those_that_dropout_would_meet() {
    let walk = walk(1);
    for window in &walk.windows {
        let sum: f32 = window.activations.iter().sum();
        match window.site {
            Site::AttentionSelf(_) => {
                assert_eq!(window.activations.len(), walk.tokens.len());
                assert!((sum - 1.0).abs() < 1e-5, "{}: {sum}", window.site);
            }
            _ => assert!(window.activations.len() == 16 && window.activations.iter().any(|&a| a < 0.0)),
        }
    }
}

#[test]
fn a_longest_text_beyond_the_models_positions_is_refused() {
    let config = RawConfig { max_tokens: 41, ..RawConfig::default() }.check().unwrap();
    let mut lab = lab();
    lab.set_corpus(&"the cat sat on the mat and ".repeat(9));
    let error = block_on(lab.walk(&config, 0)).unwrap_err();
    assert_eq!(error.to_string(), "max_tokens: expected at most 40, the positions of tiny, got 41");
}

#[test]
fn a_text_without_words_has_nothing_to_hide_and_one_that_is_not_there_is_refused() {
    let walk = walk(2);
    assert!(walk.hidden.is_empty() && walk.windows.is_empty() && walk.sites.iter().all(|s| s.score == 0.0));
    let error = block_on(lab().walk(&config(), 3)).unwrap_err();
    assert_eq!(error.to_string(), "prose, line 4: expected one of 3 passages, got none");
    let mut headless = lab();
    headless.load_model("headless", CONFIG, &without_mlm_head(), TOKENIZER).unwrap();
    assert_eq!(block_on(headless.walk(&config(), 0)).unwrap_err().kind, ErrorKind::Weights);
}

/// ModernBERT, whose feed-forward drops what its inner layer makes: every tensor shown precedes its site, and means are the fast path's.
#[test]
fn a_gated_model_shows_the_tensors_before_its_dropouts() {
    let file = |name: &str| std::fs::read(format!("tests/fixtures/families/modernbert/{name}")).unwrap();
    let mut lab = Lab::new(Device::flex());
    lab.load_model("modernbert", &file("config.json"), &file("model.safetensors"), &file("tokenizer.json")).unwrap();
    lab.set_corpus("The old dog ran home.\n");
    let walk = block_on(lab.walk(&config(), 0)).unwrap();
    assert!(!walk.causal && !walk.hidden.is_empty() && walk.windows.len() == 10);
    for window in &walk.windows {
        assert_eq!(Family::site_of(&window.tensor, 3), Some(window.site), "{}", window.tensor);
    }
    assert_eq!(walk.windows[3].tensor, "model.layers.0.mlp.Wi.weight");
    let fast = block_on(fisher_texts(&mut lab, &config(), 0, 1));
    for (ours, fast) in walk.measured.means.iter().zip(&fast[0].means) {
        assert_close("mean square", *ours, *fast, 1e-4);
    }
}
