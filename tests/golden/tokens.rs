//! Token ids and type ids.

use crate::common::TOKENIZER;
use crate::values::SCALARS;
use burn::tensor::Device;
use guided_dropout_lab::data::tokenizer::Tokenizer;
use serde_json::Value;

async fn token_ids(_device: Device) {
    let scalars: Value = serde_json::from_str(SCALARS).unwrap();
    let tokenizer = Tokenizer::from_bytes(TOKENIZER).unwrap();
    let cases = scalars["tokens"].as_array().unwrap();
    assert!(cases.len() >= 14);
    let mut compared = 0;
    for case in cases {
        let max_tokens = case["max_tokens"].as_u64().unwrap() as usize;
        let Ok(cut) = tokenizer.cut_to(max_tokens) else {
            assert!(max_tokens < Tokenizer::FEWEST_TOKENS);
            continue;
        };
        let encoding = cut.encode(case["text"].as_str().unwrap(), case["pair"].as_str()).unwrap();
        let numbers = |key: &str| -> Vec<u32> {
            case[key].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u32).collect()
        };
        assert_eq!(encoding.ids, numbers("ids"), "{case}");
        assert_eq!(encoding.type_ids, numbers("type_ids"), "{case}");
        compared += 1;
    }
    assert!(compared >= 20, "{compared} cases");
}

tests_on!(cpu and webgpu: token_ids);
