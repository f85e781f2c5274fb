//! A WordPiece tokenizer from `vocab.txt`, for checkpoints without a `tokenizer.json`.

use super::Tokenizer;
use crate::data::content::content;
use crate::error::{Error, ErrorKind, Place, Result};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The tokens that every BERT vocabulary has beside words.
const SPECIAL_TOKENS: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// BERT's normalisation options in `tokenizer_config.json`, under Hugging Face's names.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Normalisation {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
}

impl Tokenizer {
    /// The `tokenizer.json` that a `vocab.txt` means: WordPiece over its lines, BERT's normalisation and splitting, and
    /// `[CLS] A [SEP] B [SEP]` around a text or a pair, as Hugging Face's `BertTokenizerFast` has them.
    ///
    /// Whether text is lower-cased is said by `do_lower_case` in `config`, the bytes of `tokenizer_config.json`. Where it
    /// is not said, a vocabulary without a capital letter outside brackets means lower case.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] naming the token that is missing, or a `config` that is
    /// no JSON object.
    pub fn json_of_vocabulary(vocabulary: &[u8], config: Option<&[u8]>) -> Result<String> {
        let wrong = |place, expected: &str, got: String| Error::new(ErrorKind::Tokenizer, place, expected, got);
        let place = || Place::named("vocab.txt");
        let vocabulary = content(ErrorKind::Tokenizer, "vocab.txt", vocabulary)?;
        let text = std::str::from_utf8(vocabulary)
            .map_err(|error| wrong(place(), "UTF-8 text, one token a line", format!("this: {error}")))?;
        let mut ids = BTreeMap::new(); // sorted: the same vocabulary gives the same bytes, by which the page knows a model
        for (token, id) in text.trim_end_matches(['\n', '\r']).split('\n').zip(0u32..) {
            let token = token.strip_suffix('\r').unwrap_or(token);
            // An empty line is a token that no text has, as in transformers.
            ids.insert(token.to_string(), id);
        }
        for token in SPECIAL_TOKENS {
            if !ids.contains_key(token) {
                let expected = format!("{}, as BERT's vocabularies have them", SPECIAL_TOKENS.join(", "));
                return Err(wrong(place(), &expected, format!("no {token} among {} lines", ids.len())));
            }
        }
        let given: Normalisation = match config {
            None => Normalisation::default(),
            Some(bytes) => serde_json::from_slice(content(ErrorKind::Tokenizer, "tokenizer_config.json", bytes)?)
                .map_err(|error| {
                    wrong(Place::named("tokenizer_config.json"), "a JSON object", format!("this: {error}"))
                })?,
        };
        let is_bracketed = |token: &str| token.starts_with('[') && token.ends_with(']');
        let is_cased = |token: &String| !is_bracketed(token) && token.chars().any(char::is_uppercase);
        let lower = given.do_lower_case.unwrap_or_else(|| !ids.keys().any(is_cased));

        let added = SPECIAL_TOKENS.map(|token| {
            json!({
                "id": ids[token],
                "content": token,
                "special": true,
                "single_word": false,
                "lstrip": false,
                "rstrip": false,
                "normalized": false,
            })
        });
        let special = |token: &str, kind: u32| json!({"SpecialToken": {"id": token, "type_id": kind}});
        let text = |id: &str, kind: u32| json!({"Sequence": {"id": id, "type_id": kind}});
        let single = [special("[CLS]", 0), text("A", 0), special("[SEP]", 0)];
        let pair = [&single[..], &[text("B", 1), special("[SEP]", 1)]].concat();
        let around = |token: &str| json!({"id": token, "ids": [ids[token]], "tokens": [token]});
        let json = json!({
            "version": "1.0",
            "truncation": null,
            "padding": null,
            "added_tokens": added,
            "normalizer": {
                "type": "BertNormalizer",
                "clean_text": true,
                "handle_chinese_chars": given.tokenize_chinese_chars.unwrap_or(true),
                "strip_accents": given.strip_accents,
                "lowercase": lower,
            },
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": single,
                "pair": pair,
                "special_tokens": {"[CLS]": around("[CLS]"), "[SEP]": around("[SEP]")},
            },
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
            "model": {
                "type": "WordPiece",
                "unk_token": "[UNK]",
                "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": ids,
            },
        });
        Ok(json.to_string())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use serde_json::Value;

    const BUILT_IN: &[u8] = include_bytes!("../../../www/data/models/mini-4x256/tokenizer.json");
    const TINY: &[u8] = include_bytes!("../../../tests/fixtures/tiny_bert/tokenizer.json");

    /// The `vocab.txt` that a `tokenizer.json` was made of.
    fn vocabulary_of(tokenizer: &[u8]) -> String {
        let json: Value = serde_json::from_slice(tokenizer).unwrap();
        let vocab = json["model"]["vocab"].as_object().unwrap();
        let mut tokens: Vec<_> = vocab.iter().map(|(token, id)| (id.as_u64().unwrap(), token.as_str())).collect();
        tokens.sort();
        tokens.into_iter().map(|(_, token)| format!("{token}\n")).collect()
    }

    fn built(vocabulary: &str, config: Option<Value>) -> Result<Tokenizer> {
        let config = config.map(|it| it.to_string());
        let json = Tokenizer::json_of_vocabulary(vocabulary.as_bytes(), config.as_deref().map(str::as_bytes))?;
        Tokenizer::from_bytes(json.as_bytes())
    }

    #[test]
    fn a_vocabulary_gives_the_ids_of_its_tokenizer_json() {
        let given = Tokenizer::from_bytes(BUILT_IN).unwrap();
        let made =
            built(&vocabulary_of(BUILT_IN), Some(json!({"do_lower_case": true, "strip_accents": true}))).unwrap();
        let texts = [
            "The Café’s naïve owner paid £3.50 — twice!",
            "北京 is 中国's capital; ＡＢＣ\u{200b}\tand\u{0}control",
            "a typed [MASK] and [SEP], ##pieces, don't",
            &"word".repeat(60),
            "",
        ];
        for text in texts {
            for pair in [None, Some("Another text, ÀÉÎ.")] {
                for most in [5, 9, 128] {
                    let [expected, got] =
                        [&given, &made].map(|it| it.cut_to(most).unwrap().encode(text, pair).unwrap());
                    assert_eq!(got, expected, "{text:?} {pair:?} {most}");
                }
            }
        }
        assert_eq!(made.vocabulary_size(), given.vocabulary_size());
        assert_eq!(made.vocabulary().unwrap().mask_id, given.vocabulary().unwrap().mask_id);
    }

    #[test]
    fn a_vocabulary_gives_the_ids_of_hugging_face() {
        let golden: Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/tiny_bert/golden.json")).unwrap();
        let windows = vocabulary_of(TINY).replace('\n', "\r\n"); // a file from Windows
        let made = built(&windows, Some(json!({"strip_accents": true}))).unwrap();
        for case in golden["tokens"].as_array().unwrap() {
            let Ok(cut) = made.cut_to(case["max_tokens"].as_u64().unwrap() as usize) else { continue };
            let encoding = cut.encode(case["text"].as_str().unwrap(), case["pair"].as_str()).unwrap();
            assert_eq!(json!(encoding.ids), case["ids"], "{case}");
            assert_eq!(json!(encoding.type_ids), case["type_ids"], "{case}");
        }
    }

    #[test]
    fn lower_case_is_as_said_or_else_as_the_vocabulary_is() {
        let cased = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nParis\nparis\n";
        let id = |vocabulary: &str, config| built(vocabulary, config).unwrap().encode("Paris", None).unwrap().ids[1];
        assert_eq!(id(cased, None), 5);
        assert_eq!(id(cased, Some(json!({"do_lower_case": true}))), 6);
        let lower = cased.replace("Paris\n", "");
        assert_eq!(id(&lower, None), 5);
        assert_eq!(id(&lower, Some(json!({"do_lower_case": false}))), 1, "unknown");
    }

    #[test]
    fn an_empty_line_is_a_token_and_a_byte_order_mark_is_none() {
        let id = |vocabulary: &str| built(vocabulary, None).unwrap().encode("paris", None).unwrap().ids[1];
        assert_eq!(id("\u{feff}[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nparis\n"), 5);
        assert_eq!(id("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\nparis\n\n\n"), 6);
    }

    #[test]
    fn a_vocabulary_that_is_none_is_refused_by_token() {
        let said = |vocabulary: &str| built(vocabulary, None).unwrap_err().to_string();
        assert!(said("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n").contains("no [MASK] among 5 lines"));
        let config = Tokenizer::json_of_vocabulary(vocabulary_of(TINY).as_bytes(), Some(b"{\"do_lower_case\": 3}"));
        assert!(config.unwrap_err().to_string().starts_with("tokenizer_config.json: expected a JSON object"));
    }
}
