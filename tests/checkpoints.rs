//! Kinds of checkpoint folders: each folder of `fixtures/cases` from 20 on is one, and here is what is right
//! for it. A file that a folder lacks is that of the plain checkpoint.

#![cfg(not(target_arch = "wasm32"))]

use burn::tensor::Device;
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::error::Result;
use guided_dropout_lab::models::appraisal::Appraisal;
use guided_dropout_lab::models::checkpoint::{Checkpoint, parameters};
use guided_dropout_lab::models::family::Family;
use guided_dropout_lab::models::folder::{ModelFiles, join_headers};
use guided_dropout_lab::models::pretrained::Pretrained;
use guided_dropout_lab::models::remark::Remark;
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

#[path = "common/folder.rs"]
mod temporary;

fn cases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases")
}

/// The files of a case, with the plain ones that it lacks.
fn folder(case: &str) -> BTreeMap<String, Vec<u8>> {
    let plain = cases().join("20-vocab-txt/plain");
    let mut files: BTreeMap<String, Vec<u8>> = ["config.json", "model.safetensors"]
        .into_iter()
        .map(|name| (name.to_string(), fs::read(plain.join(name)).unwrap()))
        .collect();
    for entry in fs::read_dir(cases().join(case)).unwrap() {
        let path = entry.unwrap().path();
        files.insert(path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
    }
    if !files.contains_key("vocab.txt") && !files.contains_key("tokenizer.json") {
        let tokenizer = cases().join("26-case/said-cased/tokenizer.json");
        files.insert("tokenizer.json".to_string(), fs::read(tokenizer).unwrap());
    }
    files
}

fn load(files: ModelFiles) -> Result<Pretrained> {
    Pretrained::new("case", &files.config, &files.weights, &files.tokenizer, &Device::flex())
}

#[track_caller]
fn read(case: &str) -> Pretrained {
    ModelFiles::of(folder(case)).and_then(load).unwrap_or_else(|error| panic!("{case}: {error}"))
}

#[track_caller]
fn refusal(case: &str) -> String {
    match ModelFiles::of(folder(case)).and_then(load) {
        Ok(_) => panic!("{case} is read"),
        Err(error) => error.to_string(),
    }
}

/// What the model says of a text: the encoder's numbers, and so whether its tensors are the right ones.
fn query(model: &Pretrained) -> Vec<f32> {
    model.checkpoint.get("encoder.layer.0.attention.self.query.weight").unwrap().values.clone()
}

fn header_of(file: &[u8]) -> &[u8] {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    &file[8..8 + length]
}

fn ids(model: &Pretrained, text: &str) -> Vec<u32> {
    model.tokenizer.encode(text, None).unwrap().ids
}

#[test]
fn a_vocabulary_is_read_as_transformers_reads_it() {
    let plain = read("20-vocab-txt/plain");
    let vocabulary = String::from_utf8(folder("20-vocab-txt/plain")["vocab.txt"].clone()).unwrap();
    let word =
        vocabulary.lines().rfind(|line| line.len() > 3 && line.bytes().all(|it| it.is_ascii_lowercase())).unwrap();
    for same in ["bom", "trailing-blank-lines"] {
        assert_eq!(ids(&read(&format!("20-vocab-txt/{same}")), word), ids(&plain, word), "{same}");
    }
    assert_eq!(read("20-vocab-txt/config-bom").parameters, plain.parameters);
    for name in ["empty-line", "line-separator"] {
        let lines = String::from_utf8(folder(&format!("20-vocab-txt/{name}"))["vocab.txt"].clone()).unwrap();
        let place = lines.split('\n').position(|line| line == word);
        let expected = place.map_or(plain.tokenizer.unknown_id().unwrap(), |place| place as u32);
        assert_eq!(ids(&read(&format!("20-vocab-txt/{name}")), word)[1], expected, "{name}");
    }
}

#[test]
fn the_exact_name_wins_among_several_safetensors() {
    for (name, other) in [("extra-after", "projector"), ("extra-before", "adapter_head")] {
        let files = ModelFiles::of(folder(&format!("21-two-safetensors/{name}"))).unwrap();
        assert_eq!(files.ignored, [format!("{other}.safetensors")]);
        load(files).unwrap();
    }
}

/// A folder whose weights are in two shards.
fn sharded() -> BTreeMap<String, Vec<u8>> {
    let mut files = folder("26-case/said-cased");
    let whole = files.remove("model.safetensors").unwrap();
    let tensors = SafeTensors::deserialize(&whole).unwrap();
    let (mut map, mut parts) = (BTreeMap::new(), [Vec::new(), Vec::new()]);
    for (index, (name, view)) in tensors.iter().enumerate() {
        map.insert(name.to_string(), format!("model-0000{}-of-00002.safetensors", index % 2 + 1));
        parts[index % 2].push((name, view));
    }
    for (index, part) in parts.into_iter().enumerate() {
        let bytes = safetensors::serialize(part, None).unwrap();
        files.insert(format!("model-0000{}-of-00002.safetensors", index + 1), bytes);
    }
    let index = serde_json::json!({"metadata": {"total_size": 1}, "weight_map": map}).to_string();
    files.insert("model.safetensors.index.json".to_string(), index.into_bytes());
    files
}

#[test]
fn shards_are_joined() {
    let mut files = sharded();
    let joined = load(ModelFiles::of(files.clone()).unwrap()).unwrap();
    assert_eq!(query(&joined), query(&read("26-case/said-cased")));
    // What is appraised before any shard is read is what they are together.
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let headers: Vec<(&str, &[u8])> = shards.iter().map(|&name| (name, header_of(&files[name]))).collect();
    let (header, size) = join_headers(&headers).unwrap();
    let whole = ModelFiles::of(files.clone()).unwrap();
    let appraised = Appraisal::new(&whole.config, header.as_bytes(), size).unwrap();
    let expected = Appraisal::new(&whole.config, header_of(&whole.weights), whole.weights.len() as u64).unwrap();
    assert_eq!(appraised, expected);
    assert!(
        join_headers(&[("one", &b"{}"[..]), ("two", b"3")])
            .unwrap_err()
            .to_string()
            .starts_with("two: expected the header")
    );
    files.remove("model-00002-of-00002.safetensors");
    let error = ModelFiles::of(files).unwrap_err().to_string();
    assert!(error.starts_with("model-00002-of-00002.safetensors: expected the file in the model's folder"), "{error}");
}

#[test]
fn prefixes_of_other_programs_are_taken_off_and_said() {
    let plain = read("20-vocab-txt/plain");
    for (name, prefix) in [("module", "module."), ("model", "model."), ("0-auto_model", "0.auto_model.")] {
        let case = format!("22-prefix/{name}");
        let model = read(&case);
        assert_eq!(query(&model), query(&plain), "{name}");
        let said = Remark::Prefix { prefix: prefix.to_string() };
        assert!(model.remarks.contains(&said), "{name}: {:?}", model.remarks);
        let files = ModelFiles::of(folder(&case)).unwrap();
        let header = 8 + u64::from_le_bytes(files.weights[..8].try_into().unwrap()) as usize;
        let size = files.weights.len() as u64;
        let appraisal = Appraisal::new(&files.config, &files.weights[8..header], size).unwrap();
        assert_eq!(appraisal.remarks, model.remarks, "{name}: before it is read as after");
    }
    assert_eq!(query(&read("22-prefix/gamma-beta")), query(&plain));
}

#[test]
fn tensors_that_are_not_used_do_not_matter() {
    let plain = read("20-vocab-txt/plain");
    for name in ["class-weights-f64", "position-ids-f64", "position-ids-i64", "unused-i8", "all-f64"] {
        assert_eq!(query(&read(&format!("23-buffers/{name}"))), query(&plain), "{name}");
    }
}

/// The same ids, or the same refusal, and what is ignored is named.
#[test]
fn the_program_reads_each_folder_as_the_library_does() {
    let names =
        |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kinds = names(cases()).filter(|kind| kind.starts_with('2'));
    let each = kinds.flat_map(|kind| names(cases().join(&kind)).map(move |name| format!("{kind}/{name}")));
    let mut folders: Vec<(String, BTreeMap<String, Vec<u8>>)> =
        each.map(|case| (case.clone(), folder(&case))).collect();
    assert!(folders.len() > 25, "{} folders", folders.len());
    folders.push(("shards".into(), sharded()));
    let temporary = temporary::Folder::new("checkpoints");
    for (case, files) in folders {
        let place = temporary.path(&case.replace('/', "-"));
        fs::create_dir(&place).unwrap();
        for (name, bytes) in &files {
            fs::write(format!("{place}/{name}"), bytes).unwrap();
        }
        let out = temporary.path("logits.safetensors");
        let arguments = ["logits", &place, "--text", "The story", "--out", &out];
        let ran = Command::new(env!("CARGO_BIN_EXE_guided-dropout")).args(arguments).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        match ModelFiles::of(files).and_then(|files| Ok((files.ignored.clone(), load(files)?))) {
            Ok((ignored, model)) => {
                let bytes = fs::read(&out).unwrap();
                let written = SafeTensors::deserialize(&bytes).unwrap();
                let written = written
                    .tensor("ids.0")
                    .unwrap()
                    .data()
                    .chunks(8)
                    .map(|id| u32::from_le_bytes(id[..4].try_into().unwrap()));
                assert_eq!(written.collect::<Vec<_>>(), ids(&model, "The story"), "{case}");
                assert_eq!(said.contains("ignored: "), !ignored.is_empty(), "{case}: {said}");
                assert!(ignored.iter().all(|name| said.contains(name)), "{case}: {said}");
            }
            Err(error) => assert_eq!(said, format!("error: MODEL {place}: {error}\n"), "{case}"),
        }
    }
}

#[test]
fn a_configuration_is_obeyed_refused_or_said() {
    assert_eq!(read("24-config/hidden_act-gelu_python").config, read("20-vocab-txt/plain").config);
    let fewer = read("24-config/num_hidden_layers-1");
    assert!(fewer.remarks.contains(&Remark::MoreLayers { file: 2, used: 1 }), "{:?}", fewer.remarks);
    assert!(read("24-config/is_decoder-True").remarks.contains(&Remark::Decoder));
    // transformers loads such a model, answers texts, and fails at the first pair.
    let refused = read("24-config/type_vocab_size-1").check_pairs().unwrap_err().to_string();
    assert!(refused.ends_with("expected type ids of pairs below type_vocab_size = 1, got 1"), "{refused}");
    read("20-vocab-txt/plain").check_pairs().unwrap();
    for name in ["hidden_act-gelu_new", "hidden_act-gelu_pytorch_tanh"] {
        assert!(refusal(&format!("24-config/{name}")).contains("hidden_act"), "{name}");
    }
    assert!(refusal("24-config/position_embedding_type-relative_key").contains("position_embedding_type"));
    // Weights of a BERT under the name of another family: its tensors have other names.
    let refused = refusal("24-config/model_type-distilbert");
    assert!(refused.contains("none named embeddings.word_embeddings.weight, "), "{refused}");
    assert!(refused.contains("transformer.layer.0.attention.q_lin.weight"), "{refused}");
    let refused = refusal("24-config/model_type-modernbert");
    assert!(refused.contains("none named embeddings.tok_embeddings.weight, "), "{refused}");
    assert!(refused.contains("layers.0.attn.Wqkv.weight"), "{refused}");
    assert!(refusal("24-config/model_type-roberta").contains("none named embeddings.word_embeddings.weight, "));
}

#[test]
fn special_tokens_are_known_by_their_roles() {
    for name in ["unigram", "wordpiece-other-names"] {
        let model = read(&format!("25-e5-tokenizer/{name}"));
        assert_eq!(model.tokenizer.token(model.tokenizer.pad_id()), "<pad>", "{name}");
        assert_eq!(model.tokenizer.token(model.tokenizer.vocabulary().unwrap().mask_id), "<mask>", "{name}");
    }
}

#[test]
fn case_is_as_tokenizer_config_says() {
    let files = folder("26-case/said-cased");
    let silent = Tokenizer::from_bytes(&files["tokenizer.json"]).unwrap();
    let lower = |text: &str| silent.encode(text, None).unwrap().ids;
    assert_eq!(lower("The"), lower("the"), "the file alone puts text into lower case");
    let model = read("26-case/said-cased");
    assert_ne!(ids(&model, "The"), ids(&model, "the"));
}

#[test]
fn a_pointer_of_git_lfs_is_recognised_in_any_file() {
    assert!(
        refusal("27-lfs/tokenizer-pointer").starts_with("tokenizer.json: expected the file, got a pointer of Git LFS")
    );
    let pointer = folder("27-lfs/tokenizer-pointer")["tokenizer.json"].clone();
    for name in ["config.json", "model.safetensors", "vocab.txt"] {
        let mut files = folder("20-vocab-txt/plain");
        files.insert(name.to_string(), pointer.clone());
        let error = ModelFiles::of(files).and_then(load).err().unwrap().to_string();
        assert!(error.starts_with(name) && error.contains("git lfs pull"), "{error}");
    }
}

/// A head that was trained for another task would be a start that no reader asked for.
#[test]
fn a_classifier_in_the_checkpoint_is_said_and_used_only_where_asked_for() {
    let model = read("20-vocab-txt/plain");
    assert!(model.remarks.contains(&Remark::Classifier { classes: 3 }), "{:?}", model.remarks);
    assert_eq!(model.checkpoint.classes(), None);
    assert!(model.drawn.iter().any(|name| name == "classifier.weight"), "{:?}", model.drawn);
    // In the order of a data set's labels; of classes without names by their numbers.
    let labels = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    let file = folder("20-vocab-txt/plain")["model.safetensors"].clone();
    let own = Checkpoint::from_bytes(&file, Family::Bert).unwrap().get("classifier.weight").unwrap().values.clone();
    let kept = model.kept_classifier(&labels(&["2", "0", "1"])).unwrap();
    assert_eq!(kept[0].1.values, [&own[32..], &own[..32]].concat());
    let began = |labels: &[String], seed| {
        let device = Device::flex();
        let kept = model.model_with_classifier(labels, seed, &device).unwrap();
        let of_head = parameters(&kept).into_iter().find(|tensor| tensor.name == "classifier.weight").unwrap();
        of_head.flat.into_data().try_to_vec::<f32>().unwrap()
    };
    for seed in [1, 2] {
        assert_eq!(began(&labels(&["LABEL_0", "label_1", "LABEL_2"]), seed), own);
    }
    for other in [&["0", "1"][..], &["0", "1", "3"], &["0", "1", "1"], &[]] {
        let error = model.kept_classifier(&labels(other)).unwrap_err().to_string();
        assert!(
            error.starts_with("keep_classifier: expected the classes of the checkpoint's classifier (LABEL_0"),
            "{error}"
        );
    }
}
