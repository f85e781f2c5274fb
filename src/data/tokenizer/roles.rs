//! `tokenizer_config.json` and `special_tokens_map.json` beside a `tokenizer.json`: which token has which role, and
//! how text is normalised. As Hugging Face's fast tokenizers obey it.

use super::Tokenizer;
use crate::data::content::content;
use crate::error::{Error, ErrorKind, Place, Result};
use serde_json::{Map, Value};

/// Where the roles are kept in a `tokenizer.json`, which has no place of its own for them.
pub(super) const ROLES_KEY: &str = "special_token_roles";

/// The role of a special token.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    Pad,
    Mask,
    Unknown,
    EndOfText,
}

impl Role {
    const ALL: [Role; 3] = [Role::Pad, Role::Mask, Role::Unknown];

    /// The key of its token in both files.
    fn key(self) -> &'static str {
        match self {
            Role::Pad => "pad_token",
            Role::Mask => "mask_token",
            Role::Unknown => "unk_token",
            Role::EndOfText => "eos_token",
        }
    }

    /// The names to look for, the one said first.
    pub(super) fn names(self, roles: &Value) -> Vec<&str> {
        let usual: &[&str] = match self {
            Role::Pad => &["[PAD]", "<pad>"],
            Role::Mask => &["[MASK]", "<mask>"],
            Role::Unknown => &["[UNK]", "<unk>"],
            Role::EndOfText => &["<|endoftext|>"],
        };
        roles[self.key()].as_str().into_iter().chain(usual.iter().copied()).collect()
    }
}

impl Tokenizer {
    /// A `tokenizer.json` that also knows what the files beside it say: the roles of its special tokens, and for BERT's
    /// normalizer whether text is put into lower case, loses its accents and has spaces around Chinese characters.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] naming the file that is no JSON object.
    pub fn json_with_roles(tokenizer: &[u8], config: Option<&[u8]>, map: Option<&[u8]>) -> Result<String> {
        let object = |name: &str, bytes: &[u8]| -> Result<Map<String, Value>> {
            let bytes = content(ErrorKind::Tokenizer, name, bytes)?;
            serde_json::from_slice(bytes).map_err(|error| {
                Error::new(ErrorKind::Tokenizer, Place::named(name), "a JSON object", format!("this: {error}"))
            })
        };
        let mut json = object("tokenizer.json", tokenizer)?;
        let given = json.clone();
        let config = config.map(|bytes| object("tokenizer_config.json", bytes)).transpose()?.unwrap_or_default();
        let map = map.map(|bytes| object("special_tokens_map.json", bytes)).transpose()?.unwrap_or_default();
        // A token is written as its text, or as an object with its text.
        let token = |value: &Value| value.as_str().or(value["content"].as_str()).map(String::from);
        let of_role = |role: Role| {
            let said = config.get(role.key()).and_then(token).or_else(|| map.get(role.key()).and_then(token));
            let is_found_anyway = |token: &String| role.names(&Value::Null)[0] == token;
            said.filter(|token| !is_found_anyway(token)).map(|token| (role.key().to_string(), Value::from(token)))
        };
        let roles: Map<String, Value> = Role::ALL.into_iter().filter_map(of_role).collect();
        if !roles.is_empty() {
            json.insert(ROLES_KEY.to_string(), Value::Object(roles));
        }
        if let Some(normalizer) = json.get_mut("normalizer") {
            normalise_as_said(normalizer, &config);
        }
        if json == given {
            // Nothing new is said: the file keeps its bytes, and so its digest.
            return Ok(
                String::from_utf8_lossy(content(ErrorKind::Tokenizer, "tokenizer.json", tokenizer)?).into_owned()
            );
        }
        Ok(Value::Object(json).to_string())
    }
}

/// Sets BERT's normalizer, alone or within a sequence, as `tokenizer_config.json` says it.
fn normalise_as_said(normalizer: &mut Value, config: &Map<String, Value>) {
    if let Some(inner) = normalizer.get_mut("normalizers").and_then(Value::as_array_mut) {
        inner.iter_mut().for_each(|it| normalise_as_said(it, config));
    }
    if normalizer["type"] != "BertNormalizer" {
        return;
    }
    for (said, key) in [
        ("do_lower_case", "lowercase"),
        ("strip_accents", "strip_accents"),
        ("tokenize_chinese_chars", "handle_chinese_chars"),
    ] {
        let Some(value) = config.get(said).filter(|value| value.is_boolean() || said == "strip_accents") else {
            continue;
        };
        // Accents go with the case where nothing is said of them.
        let is_so = said == "strip_accents" && normalizer[key].is_null() && *value == normalizer["lowercase"];
        if !is_so {
            normalizer[key] = value.clone();
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use serde_json::json;

    const TINY: &[u8] = include_bytes!("../../../tests/fixtures/tiny_bert/tokenizer.json");

    fn with(config: Value, map: Value) -> Tokenizer {
        let (config, map) = (config.to_string(), map.to_string());
        let json = Tokenizer::json_with_roles(TINY, Some(config.as_bytes()), Some(map.as_bytes())).unwrap();
        Tokenizer::from_bytes(json.as_bytes()).unwrap()
    }

    #[test]
    fn case_and_accents_are_as_tokenizer_config_says() {
        let ids = |tokenizer: &Tokenizer, text: &str| tokenizer.encode(text, None).unwrap().ids;
        let silent = with(json!({}), json!({}));
        assert_eq!(ids(&silent, "The"), ids(&Tokenizer::from_bytes(TINY).unwrap(), "The"));
        assert_eq!(ids(&silent, "The"), ids(&silent, "the"), "the fixture puts text into lower case");
        let cased = with(json!({"do_lower_case": false}), json!({}));
        assert_ne!(ids(&cased, "The"), ids(&cased, "the"));
        let accents = with(json!({"strip_accents": false}), json!({}));
        assert_ne!(ids(&accents, "th\u{e9}"), ids(&accents, "the"));
    }

    #[test]
    fn a_file_of_which_nothing_new_is_said_keeps_its_bytes() {
        let built_in = include_bytes!("../../../www/data/models/mini-4x256/tokenizer.json");
        let config = include_bytes!("../../../www/data/models/mini-4x256/tokenizer_config.json");
        let made = Tokenizer::json_with_roles(built_in, Some(config), None).unwrap();
        assert!(made.as_bytes() == built_in, "the page's plans name it by its digest");
        let cased = r#"{"strip_accents": false}"#;
        assert!(Tokenizer::json_with_roles(built_in, Some(cased.as_bytes()), None).unwrap().as_bytes() != built_in);
    }

    #[test]
    fn special_tokens_are_known_by_their_roles() {
        let mut json: Value = serde_json::from_slice(TINY).unwrap();
        let renamed = json.to_string().replace("[PAD]", "<blank>").replace("[MASK]", "<hole>");
        json = serde_json::from_str(&renamed).unwrap();
        let bytes = json.to_string();
        assert!(Tokenizer::from_bytes(bytes.as_bytes()).unwrap_err().to_string().contains("a [PAD] token"));
        let config = json!({"pad_token": "<blank>"}).to_string();
        let map = json!({"mask_token": {"content": "<hole>", "lstrip": true}, "pad_token": "[PAD]"}).to_string();
        let made = Tokenizer::json_with_roles(bytes.as_bytes(), Some(config.as_bytes()), Some(map.as_bytes())).unwrap();
        let tokenizer = Tokenizer::from_bytes(made.as_bytes()).unwrap();
        assert_eq!(tokenizer.token(tokenizer.pad_id()), "<blank>");
        assert_eq!(tokenizer.token(tokenizer.vocabulary().unwrap().mask_id), "<hole>");
        assert_eq!(tokenizer.token(tokenizer.unknown_id().unwrap()), "[UNK]");
    }

    #[test]
    fn a_pointer_is_called_one() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
        for error in
            [Tokenizer::from_bytes(pointer).unwrap_err(), Tokenizer::json_with_roles(pointer, None, None).unwrap_err()]
        {
            assert!(
                error.to_string().starts_with("tokenizer.json: expected the file, got a pointer of Git LFS"),
                "{error}"
            );
        }
    }
}
