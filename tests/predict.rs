//! `guided-dropout predict`: a file's rows labelled by fine-tuned models, beside the logits of the same models.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/folder.rs"]
mod folder;
#[path = "common/program.rs"]
mod program;

use folder::Folder;
use guided_dropout_lab::training::evaluation::probabilities;
use program::{json, program};
use safetensors::SafeTensors;
use std::fs;

const TINY: &str = "tests/fixtures/tiny_bert";

/// The probabilities that `logits` gives for a text.
fn by_logits(model: &str, folder: &Folder, text: &str) -> Vec<f64> {
    let out = folder.path("logits.safetensors");
    json(&["--json", "logits", model, "--out", &out, "--text", text]);
    let bytes = fs::read(&out).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let logits = file.tensor("classifier.0").unwrap();
    let logits: Vec<f32> = logits.data().chunks(4).map(|it| f32::from_le_bytes(it.try_into().unwrap())).collect();
    probabilities(&logits)
}

/// The fixture with its classifier's bias moved, as another seed's model would differ.
fn other_model(folder: &Folder) -> String {
    let other = folder.path("other");
    fs::create_dir(&other).unwrap();
    for file in ["config.json", "tokenizer.json"] {
        fs::copy(format!("{TINY}/{file}"), format!("{other}/{file}")).unwrap();
    }
    let bytes = fs::read(format!("{TINY}/model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let bias: Vec<u8> = [0.9_f32, -0.4, 0.1].iter().flat_map(|it| it.to_le_bytes()).collect();
    let tensors = file.tensors().into_iter().map(|(name, view)| match name.as_str() {
        "classifier.bias" => (name, safetensors::tensor::TensorView::new(view.dtype(), vec![3], &bias).unwrap()),
        _ => (name, view),
    });
    fs::write(format!("{other}/model.safetensors"), safetensors::serialize(tensors, None).unwrap()).unwrap();
    other
}

#[test]
fn rows_get_the_mean_of_the_models_probabilities() {
    let folder = Folder::new("predict");
    let (input, out, other) = (folder.path("texts.csv"), folder.path("labelled.csv"), other_model(&folder));
    let texts: Vec<String> = (0..500).map(|row| format!("the boat, {row} \"at\" night\non the river")).collect();
    let mut writer = csv::Writer::from_path(&input).unwrap();
    writer.write_record(["text", "n"]).unwrap();
    texts.iter().enumerate().for_each(|(row, text)| writer.write_record([text, &row.to_string()]).unwrap());
    writer.write_record(["", "empty"]).unwrap();
    writer.flush().unwrap();
    let models = ["--model", TINY, "--model", &other, "--max-tokens", "40"];
    let said = json(&[&["--json", "predict", &input, "--out", &out], &models[..]].concat());
    let labelled = &said["labelled"];
    assert_eq!((&labelled["rows"], &labelled["unanswered"]), (&500.into(), &1.into()), "{said}");
    assert_eq!((&labelled["rejected"][0]["line"], &said["layout"]["text_column"]), (&1002.into(), &"text".into()));

    let mut written = csv::Reader::from_path(&out).unwrap();
    assert_eq!(written.headers().unwrap(), vec!["text", "n", "label", "probability", "second_label"]);
    let rows: Vec<csv::StringRecord> = written.records().map(|row| row.unwrap()).collect();
    assert_eq!((rows.len(), &rows[500]), (501, &csv::StringRecord::from(vec!["", "empty", "", "", ""])));
    for (row, text) in texts.iter().enumerate() {
        assert_eq!((&rows[row][0], &rows[row][1]), (text.as_str(), row.to_string().as_str()));
    }
    for row in [0, 250, 499] {
        let each = [TINY, &other].map(|model| by_logits(model, &folder, &texts[row]));
        let mean: Vec<f64> = each[0].iter().zip(&each[1]).map(|(one, two)| (one + two) / 2.0).collect();
        let mut order = [0, 1, 2];
        order.sort_by(|&a, &b| mean[b].total_cmp(&mean[a]));
        assert_eq!([&rows[row][2], &rows[row][4]], [0, 1].map(|place| format!("LABEL_{}", order[place])));
        let probability: f64 = rows[row][3].parse().unwrap();
        assert!((probability - mean[order[0]]).abs() < 2e-6, "{row}: {probability}, {mean:?}");
    }
}

#[test]
fn what_cannot_be_labelled_is_refused_in_words_and_leaves_what_was_there() {
    let folder = Folder::new("predict-refused");
    let (input, out) = (folder.path("prices.csv"), folder.path("out.csv"));
    fs::write(&input, "id,price\n1,2.5\n2,3.5\n3,4.5\n").unwrap();
    fs::write(&out, "before").unwrap();
    let refused = |arguments: &[&str], words: &str| {
        let ran = program(arguments);
        let said = String::from_utf8_lossy(&ran.stderr).to_string();
        assert!(ran.status.code() == Some(1) && said.contains(words), "{said}");
        assert_eq!(fs::read_to_string(&out).unwrap(), "before");
    };
    let without = "prices.csv: expected a column of texts, got the columns \"id\", \"price\"";
    refused(&["predict", &input, "--model", TINY, "--out", &out], without);
    let built_in = "www/data/models/mini-4x256";
    refused(&["predict", &input, "--model", built_in, "--out", &out], "expected a fine-tuned model, got one without");
    refused(&["predict", &input, "--model", TINY, "--out", &input], "is also FILE and would be overwritten");
    let long = folder.path("long.csv");
    fs::write(&long, format!("text\n{}\n", "a".repeat(2 << 20))).unwrap();
    refused(&["predict", &long, "--model", TINY, "--out", &out], "long.csv, line 2: expected a row of at most 1 MiB");
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 3, "nothing half-written is left");
}
