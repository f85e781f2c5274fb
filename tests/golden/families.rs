//! The other families: token ids, logits, losses, every gradient, Fisher information, ten steps, and where dropout stands.
//! `scripts/golden_families.py` made the values.

use crate::values::{Golden, GoldenMasks, batch_of, compare_gradients, is_noise, masked_of};
use burn::module::Module;
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::Task;
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::method::fisher::{self, LabelledText, MaskedText};
use guided_dropout_lab::models::checkpoint::{self, Checkpoint, read};
use guided_dropout_lab::models::config::ModelConfig;
use guided_dropout_lab::models::family::Family;
use guided_dropout_lab::models::hooks::Off;
use guided_dropout_lab::models::pretrained::Pretrained;
use guided_dropout_lab::models::site::Site;
use guided_dropout_lab::models::transformer::{Model, cross_entropy};
use guided_dropout_lab::training::adamw::AdamW;
use safetensors::SafeTensors;
use serde_json::Value;

/// A tiny random model of a family, and what transformers computes with it.
struct Tiny {
    family: Family,
    /// Tensors with a gradient under the masked-language-model loss, and under the classifier's.
    gradients: [usize; 2],
    config: &'static [u8],
    weights: &'static [u8],
    tokenizer: &'static [u8],
    tensors: &'static [u8],
    scalars: &'static str,
}

macro_rules! tiny {
    ($family:expr, $name:literal, $gradients:expr) => {
        Tiny {
            family: $family,
            gradients: $gradients,
            config: include_bytes!(concat!("../fixtures/families/", $name, "/config.json")),
            weights: include_bytes!(concat!("../fixtures/families/", $name, "/model.safetensors")),
            tokenizer: include_bytes!(concat!("../fixtures/families/", $name, "/tokenizer.json")),
            tensors: include_bytes!(concat!("../fixtures/families/", $name, "/golden.safetensors")),
            scalars: include_str!(concat!("../fixtures/families/", $name, "/golden.json")),
        }
    };
}

const FAMILIES: [Tiny; 5] = [
    tiny!(Family::DistilBert, "distilbert", [41, 40]),
    tiny!(Family::Electra, "electra", [44, 43]),
    tiny!(Family::Gpt2, "gpt2", [28, 29]),
    tiny!(Family::ModernBert, "modernbert", [23, 24]),
    tiny!(Family::Roberta, "roberta", [42, 41]),
];

impl Tiny {
    fn config(&self) -> ModelConfig {
        let config = ModelConfig::from_bytes(self.config).unwrap();
        assert_eq!(config.family, self.family);
        config
    }

    fn golden(&self, device: &Device) -> Golden {
        Golden {
            tensors: SafeTensors::deserialize(self.tensors).unwrap(),
            scalars: serde_json::from_str(self.scalars).unwrap(),
            ..Golden::open(device)
        }
    }

    fn model(&self, device: &Device) -> Model {
        let checkpoint = Checkpoint::from_bytes(self.weights, self.family).unwrap();
        let loaded = checkpoint.model(&self.config(), 3, 0, device).unwrap();
        assert!(loaded.drawn.is_empty() && loaded.unused.is_empty(), "{:?} {:?}", loaded.drawn, loaded.unused);
        loaded.model
    }
}

async fn token_ids(_device: Device) {
    for tiny in FAMILIES {
        let tokenizer = Tokenizer::from_bytes(tiny.tokenizer).unwrap();
        let scalars: Value = serde_json::from_str(tiny.scalars).unwrap();
        let cases = scalars["tokens"].as_array().unwrap();
        assert!(cases.len() >= 10);
        for case in cases {
            let cut = tokenizer.cut_to(case["max_tokens"].as_u64().unwrap() as usize).unwrap();
            let encoding = cut.encode(case["text"].as_str().unwrap(), case["pair"].as_str()).unwrap();
            let numbers = |key: &str| -> Vec<u32> {
                case[key].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u32).collect()
            };
            assert_eq!(encoding.ids, numbers("ids"), "{:?}: {case}", tiny.family);
            assert_eq!(encoding.type_ids, numbers("type_ids"), "{:?}: {case}", tiny.family);
        }
    }
}

async fn logits_losses_and_gradients(device: Device) {
    let device = device.autodiff();
    for tiny in FAMILIES {
        let (golden, model) = (tiny.golden(&device), tiny.model(&device));
        let rows = golden.rows("mlm.input_ids");
        let (positions, targets) = masked_of(&rows);
        let logits = model.predict_tokens(&batch_of(&rows, &device), &positions, &Off);
        let values = read(logits.clone().inner().flatten::<1>(0, 1)).await.unwrap();
        golden.assert_close("mlm logits", &values, &golden.floats("mlm.logits"));
        let loss = cross_entropy(logits, &targets);
        let gradients = checkpoint::gradients(&model, &loss.backward());
        golden.assert_number("mlm loss", f64::from(read(loss.inner()).await.unwrap()[0]), golden.number("/mlm/loss"));
        compare_gradients(&golden, "mlm.grad.", gradients, tiny.gradients[0]).await;

        let logits = model.classify(&batch_of(&golden.rows("batch.input_ids"), &device), &Off);
        let values = read(logits.clone().inner().flatten::<1>(0, 1)).await.unwrap();
        golden.assert_close("class logits", &values, &golden.floats("class.logits"));
        let loss = cross_entropy(logits, &golden.class_labels());
        let gradients = checkpoint::gradients(&model, &loss.backward());
        golden.assert_number(
            "class loss",
            f64::from(read(loss.inner()).await.unwrap()[0]),
            golden.number("/class/loss"),
        );
        compare_gradients(&golden, "class.grad.", gradients, tiny.gradients[1]).await;
    }
}

/// Each text's mean squares, in a batch and alone.
async fn fisher_information(device: Device) {
    let device = device.autodiff();
    for tiny in FAMILIES {
        let (golden, model, config) = (tiny.golden(&device), tiny.model(&device), tiny.config());
        let rows = golden.rows("mlm.input_ids");
        let texts: Vec<MaskedText> = rows.iter().map(MaskedText::from).collect();
        let (_, means) = fisher::mean_squares(&model.clone().no_grad(), &config, &texts, &device);
        let names = fisher::tensor_names(&config);
        let expected = &golden.scalars["fisher"]["per_text_means"];
        assert_eq!(names.len(), expected.as_object().unwrap().len());
        let close = |name: &str, i: usize, ours: f64| {
            let theirs = expected[name][i].as_f64().unwrap();
            let bound = 4.0 * golden.tolerance * theirs; // a square doubles a relative error
            assert!(is_noise(name) || (ours - theirs).abs() <= bound, "{name}, text {i}: {ours} for {theirs}");
        };
        for (name, mean) in names.iter().zip(means) {
            for (i, &mean) in read(mean).await.unwrap().iter().enumerate() {
                close(name, i, f64::from(mean));
            }
        }
        for (i, row) in rows.iter().enumerate() {
            let batch = batch_of(std::slice::from_ref(row), &device);
            let (_, squares) = fisher::squared_gradients(&model, &batch, &row.positions, &row.targets);
            assert_eq!(squares.iter().map(|t| &t.name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
            for tensor in squares {
                let values = read(tensor.flat).await.unwrap();
                close(&tensor.name, i, values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64);
            }
        }
    }
}

/// The same of the labelled loss, whose gradient reaches GPT-2 through the last token and the others through the first.
async fn labelled_fisher_information(device: Device) {
    let device = device.autodiff();
    for tiny in FAMILIES {
        let (golden, model, config) = (tiny.golden(&device), tiny.model(&device), tiny.config());
        let texts: Vec<LabelledText> =
            (golden.rows("batch.input_ids").into_iter().zip(golden.class_labels()).enumerate())
                .map(|(index, (row, label))| row.labelled(index, label as f32))
                .collect();
        let task = Task::Classification;
        let (losses, means) = fisher::labelled_mean_squares(&model.clone().no_grad(), &config, &texts, task, &device);
        let losses = read(losses).await.unwrap();
        let mut together = Vec::new();
        for mean in means {
            together.push(read(mean).await.unwrap());
        }
        let expected = &golden.scalars["labelled_fisher"];
        let names = fisher::tensor_names(&config);
        assert_eq!(names.len(), expected["per_text_means"].as_object().unwrap().len());
        for (i, text) in texts.iter().enumerate() {
            golden.assert_number("loss", f64::from(losses[i]), golden.number(&format!("/labelled_fisher/losses/{i}")));
            let (_, squares) = fisher::labelled_squared_gradients(&model, text, task, &device);
            assert_eq!(squares.iter().map(|t| &t.name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
            for (tensor, together) in squares.into_iter().zip(&together) {
                let values = read(tensor.flat).await.unwrap();
                let alone = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
                let theirs = expected["per_text_means"][&tensor.name][i].as_f64().unwrap();
                let bound = 4.0 * golden.tolerance * theirs; // a square doubles a relative error
                for (how, ours) in [("alone", alone), ("in a batch", f64::from(together[i]))] {
                    let close = is_noise(&tensor.name) || (ours - theirs).abs() <= bound;
                    assert!(close, "{}, text {i} {how}: {ours} for {theirs}", tensor.name);
                }
            }
        }
    }
}

/// Every dropout is where Hugging Face has it, and there is no other; and modules have Hugging Face's names.
async fn dropout_sites(device: Device) {
    for tiny in FAMILIES {
        let golden = tiny.golden(&device);
        let batch = batch_of(&golden.rows("batch.input_ids"), &device);
        let logits = tiny.model(&device).classify(&batch, &GoldenMasks(&golden));
        let values = read(logits.flatten::<1>(0, 1)).await.unwrap();
        golden.assert_close("logits under dropout", &values, &golden.floats("dropout.class_logits"));
        let base = tiny.family.layout().base;
        let module = |site: &Site| format!("{base}.{}", tiny.family.dropout_module(*site).unwrap());
        let ours: Vec<String> = tiny.config().sites().iter().map(module).collect();
        assert_eq!(serde_json::json!(ours), golden.scalars["sites"]);
    }
}

/// A file's own classifier, kept: its classes by name, its dense layer too.
async fn kept_classifiers(device: Device) {
    let labels = ["0", "1", "2"].map(String::from);
    for tiny in FAMILIES {
        let golden = tiny.golden(&device);
        let pretrained = Pretrained::new("tiny", tiny.config, tiny.weights, tiny.tokenizer, &device).unwrap();
        let model = pretrained.model_with_classifier(&labels, 0, &device).unwrap();
        let logits = model.classify(&batch_of(&golden.rows("batch.input_ids"), &device), &Off);
        let values = read(logits.flatten::<1>(0, 1)).await.unwrap();
        golden.assert_close("logits of the kept classifier", &values, &golden.floats("class.logits"));
    }
}

async fn ten_steps_of_adamw(device: Device) {
    let device = device.autodiff();
    for tiny in FAMILIES {
        let golden = tiny.golden(&device);
        let batch = batch_of(&golden.rows("batch.input_ids"), &device);
        let loss = |model: &Model| cross_entropy(model.classify(&batch, &Off), &golden.class_labels());
        crate::adamw::descend(&golden, "/adamw", tiny.model(&device), AdamW::new, loss, &device).await;
    }
}

/// ModernBERT's classifier reads the mean of all tokens or the first one, as `config.json` says.
async fn both_poolings(device: Device) {
    for tiny in FAMILIES.into_iter().filter(|tiny| tiny.family == Family::ModernBert) {
        let golden = tiny.golden(&device);
        let config = String::from_utf8(tiny.config.to_vec()).unwrap();
        let first = config.replace(r#""classifier_pooling": "mean""#, r#""classifier_pooling": "cls""#);
        assert_ne!(first, config);
        let config = ModelConfig::from_bytes(first.as_bytes()).unwrap();
        let checkpoint = Checkpoint::from_bytes(tiny.weights, tiny.family).unwrap();
        let model = checkpoint.model(&config, 3, 0, &device).unwrap().model;
        let logits = model.classify(&batch_of(&golden.rows("batch.input_ids"), &device), &Off);
        let values = read(logits.clone().flatten::<1>(0, 1)).await.unwrap();
        golden.assert_close("logits of the first token", &values, &golden.floats("pooling.logits"));
        let loss = read(cross_entropy(logits, &golden.class_labels())).await.unwrap()[0];
        golden.assert_number("loss of the first token", f64::from(loss), golden.number("/pooling/loss"));
    }
}

tests_on!(
    cpu and webgpu:
    token_ids,
    logits_losses_and_gradients,
    fisher_information,
    labelled_fisher_information,
    dropout_sites,
    both_poolings,
    kept_classifiers,
    ten_steps_of_adamw,
);
