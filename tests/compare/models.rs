//! Models that are saved, and exported as ONNX.

use super::*;

#[test]
fn models_are_saved_with_a_card_and_exported_as_onnx() {
    let folder = Folder::with_rows("models");
    let with = all(&["--save-models"]);
    let (results, _) = without_times(folder.compare("saved.json", &with).unwrap());
    let lines = folder.journal("saved.journal").len();
    let of = |arm: &str, file: &str| folder.path(&format!("saved.models/{arm}/{file}"));
    for arm in ["guided", "standard", "shuffled"] {
        let card = fs::read_to_string(of(arm, "README.md")).unwrap();
        let digest = results["inputs"]["dataset"]["sha256"].as_object().unwrap().values().next().unwrap();
        assert!(card.contains(&format!("| arm | {arm} |")) && card.contains(digest.as_str().unwrap()), "{card}");
        let config: Value = serde_json::from_slice(&fs::read(of(arm, "config.json")).unwrap()).unwrap();
        assert_eq!(config["id2label"]["1"], results["dataset"]["labels"][1]);
    }
    // Whose weights are gone is trained anew, to the bit; the others are kept.
    let weights = fs::read(of("guided", "model.safetensors")).unwrap();
    fs::remove_file(of("guided", "model.safetensors")).unwrap();
    assert_eq!(without_times(folder.compare("saved.json", &with).unwrap()).0, results);
    assert_eq!(fs::read(of("guided", "model.safetensors")).unwrap(), weights);
    assert_eq!(folder.journal("saved.journal").len(), lines + 1);

    let [model, onnx, out] = ["saved.models/guided", "onnx", "saved.json"].map(|name| folder.path(name));
    let export = |more: &[&str]| {
        let arguments = [&["export", &model, "--out"], more].concat();
        Command::new(env!("CARGO_BIN_EXE_guided-dropout")).args(arguments).output().unwrap()
    };
    let exported = export(&[&onnx, "--results", &out, "--arm", "guided"]);
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let size = |file: &str| fs::metadata(folder.path(&format!("onnx/{file}"))).unwrap().len();
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        assert!(size(file) > 0);
    }
    assert!(size("onnx/model_quantized.onnx") < size("onnx/model.onnx"));
    let card = fs::read_to_string(folder.path("onnx/README.md")).unwrap();
    assert!(card.contains("library_name: transformers.js"), "{card}");
    for (more, words) in [
        (vec![&*model], "expected another folder than MODEL, got the same"),
        (
            vec![&*onnx, "--results", &out, "--arm", "none"],
            "expected a finished run of the arm none with seed 1, got none",
        ),
    ] {
        let refused = String::from_utf8(export(&more).stderr).unwrap();
        assert!(refused.contains(words), "{refused}");
    }
}
