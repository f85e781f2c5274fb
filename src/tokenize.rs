//! Text to token ids on the host, as Hugging Face's fast tokenizers do it.
//!
//! Wraps the `tokenizers` crate; what is ours is the choice of truncation (`longest_first`, Hugging Face's default for
//! pairs) and the refusal of a tokenizer that lacks the tokens this lab needs.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::masking::Vocabulary;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use tokenizers::PostProcessor;

/// The tokens that every BERT vocabulary has beside words.
const SPECIAL_TOKENS: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// The token ids of one text, or of a pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoding {
    /// Token ids, special tokens included, without padding.
    pub ids: Vec<u32>,
    /// 0 for the first text's tokens, 1 for the second's (`token_type_ids`).
    pub type_ids: Vec<u32>,
    /// Whether it is a special token, from the template or typed in the text: never masked.
    pub special: Vec<bool>,
    /// The tokens as words and word pieces.
    pub tokens: Vec<String>,
}

/// A `tokenizer.json`, ready to encode texts of at most so many tokens.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    pad_id: u32,
    mask_id: Option<u32>,
    special_ids: HashSet<u32>,
    /// What each text or pair is cut to, special tokens included.
    most: Option<usize>,
}

/// What `tokenizer_config.json` says of BERT's normalisation, under Hugging Face's names.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Normalisation {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
}

impl Tokenizer {
    /// The fewest tokens that hold a pair: `[CLS]`, a token, `[SEP]`, a token, `[SEP]`.
    pub const FEWEST_TOKENS: usize = 5;

    /// Reads the bytes of a `tokenizer.json`; no text is cut before [`Tokenizer::cut_to`] says so.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] if it is not one, or has no `[PAD]`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Tokenizer> {
        let place = || Place::named("tokenizer.json");
        let unreadable = |error: String| {
            Error::new(ErrorKind::Tokenizer, place(), "a Hugging Face fast tokenizer", format!("this: {error}"))
        };
        let mut json: Value = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        check_template(&json["post_processor"])?;
        if let Some(parts) = json.as_object_mut() {
            parts.remove("decoder"); // no ids become text here, and the crate panics at some that it cannot read
        }
        let mut inner = tokenizers::Tokenizer::from_bytes(json.to_string()).map_err(|it| unreadable(it.to_string()))?;
        let pad_id = inner.token_to_id("[PAD]").ok_or_else(|| {
            Error::new(ErrorKind::Tokenizer, place(), "a [PAD] token, as BERT's tokenizers have", "none")
        })?;
        let mask_id = inner.token_to_id("[MASK]");
        let added = inner.get_added_tokens_decoder();
        let special_ids = added.into_iter().filter(|(_, token)| token.special).map(|(id, _)| id).collect();
        inner.with_padding(None).with_truncation(None).map_err(refused)?;
        Ok(Tokenizer { inner, pad_id, mask_id, special_ids, most: None })
    }

    /// The `tokenizer.json` that a `vocab.txt` means: WordPiece over its lines, BERT's normalisation and splitting, and
    /// `[CLS] A [SEP] B [SEP]` around a text or a pair, as Hugging Face's `BertTokenizerFast` has them.
    ///
    /// Whether text is lower-cased is said by `do_lower_case` in `config`, the bytes of `tokenizer_config.json`. Where it
    /// is not said, a vocabulary without a capital letter outside brackets means lower case.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] naming the line that is no token or the token that is missing, or a `config` that is
    /// no JSON object.
    pub fn json_of_vocabulary(vocabulary: &[u8], config: Option<&[u8]>) -> Result<String> {
        let wrong = |place, expected: &str, got: String| Error::new(ErrorKind::Tokenizer, place, expected, got);
        let place = || Place::named("vocab.txt");
        let text = std::str::from_utf8(vocabulary)
            .map_err(|error| wrong(place(), "UTF-8 text, one token a line", format!("this: {error}")))?;
        let mut ids = BTreeMap::new(); // sorted: the same vocabulary gives the same bytes, by which the page knows a model
        for (token, id) in text.trim_end_matches(['\n', '\r']).split('\n').zip(0u32..) {
            let token = token.strip_suffix('\r').unwrap_or(token);
            if token.is_empty() {
                return Err(wrong(place().line(u64::from(id) + 1), "a token", "an empty line".into()));
            }
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
            Some(bytes) => serde_json::from_slice(bytes).map_err(|error| {
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

    /// The same tokenizer, cutting each text or pair to `max_tokens` with special tokens: from the longer of the two,
    /// token by token (`longest_first`).
    ///
    /// # Errors
    /// [`ErrorKind::Config`] below [`Tokenizer::FEWEST_TOKENS`].
    pub fn cut_to(&self, max_tokens: usize) -> Result<Tokenizer> {
        if max_tokens < Self::FEWEST_TOKENS {
            let expected = format!("at least {} tokens", Self::FEWEST_TOKENS);
            return Err(Error::new(ErrorKind::Config, Place::named("max_tokens"), expected, max_tokens.to_string()));
        }
        Ok(Tokenizer { most: Some(max_tokens), ..self.clone() })
    }

    /// The id that fills a batch's shorter rows.
    pub fn pad_id(&self) -> u32 {
        self.pad_id
    }

    /// Number of tokens, added ones included.
    pub fn vocabulary_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// The highest token id and the highest type id that a text or a pair can get. Ids need not follow each other, and a
    /// template's own need not be in the vocabulary.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] if not even a text of one letter can be encoded, or an empty one has no token: a batch of
    /// nothing but padding has no mean.
    pub fn highest_ids(&self) -> Result<(u32, u32)> {
        let [empty, single, pair] = [("", None), ("a", None), ("a", Some("a"))].map(|(a, b)| self.encode(a, b));
        let (empty, single, pair) = (empty?, single?, pair?);
        if empty.ids.is_empty() {
            let place = Place::named("tokenizer.json, post_processor");
            return Err(Error::new(ErrorKind::Tokenizer, place, "special tokens around each text", "none"));
        }
        let known = self.inner.get_vocab(true).into_values();
        let id = known.chain(single.ids).chain(pair.ids).max();
        let kind = single.type_ids.into_iter().chain(pair.type_ids).max();
        Ok((id.unwrap_or(0), kind.unwrap_or(0)))
    }

    /// The word or word piece of an id; empty if there is none.
    pub fn token(&self, id: u32) -> String {
        self.inner.id_to_token(id).unwrap_or_default()
    }

    /// What masking needs.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] without a `[MASK]` token.
    pub fn vocabulary(&self) -> Result<Vocabulary> {
        let mask_id = self.mask_id.ok_or_else(|| {
            let expected = "a [MASK] token, which the masked-language-model loss needs";
            Error::new(ErrorKind::Tokenizer, Place::named("tokenizer.json"), expected, "none")
        })?;
        Ok(Vocabulary { size: self.vocabulary_size() as u32, mask_id })
    }

    /// Encodes a text, or a pair.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] if the tokenizer refuses the text.
    pub fn encode(&self, text: &str, pair: Option<&str>) -> Result<Encoding> {
        // Cut here and not by the crate, which keeps what it cuts off in pieces, for a pair each with each: time and memory
        // by the square of the length.
        let alone = |text: &str| self.inner.encode(text, false).map_err(refused);
        let (mut first, mut second) = (alone(text)?, pair.map(alone).transpose()?);
        if let Some(most) = self.most {
            let added = self.inner.get_post_processor().map_or(0, |it| it.added_tokens(second.is_some()));
            let room = most.saturating_sub(added);
            let [of_first, of_second] = longest_first(first.len(), second.as_ref().map_or(0, |it| it.len()), room);
            first = beginning(first, of_first);
            second = second.map(|it| beginning(it, of_second));
        }
        let encoding = self.inner.post_process(first, second, true).map_err(refused)?;
        if let Some(most) = self.most.filter(|&most| encoding.len() > most) {
            let expected = format!("a template that leaves room for text within {most} tokens");
            let got = format!("{} tokens without any of it", encoding.len());
            return Err(Error::new(
                ErrorKind::Tokenizer,
                Place::named("tokenizer.json, post_processor"),
                expected,
                got,
            ));
        }
        let template = encoding.get_special_tokens_mask();
        Ok(Encoding {
            ids: encoding.get_ids().to_vec(),
            type_ids: encoding.get_type_ids().to_vec(),
            special: encoding
                .get_ids()
                .iter()
                .zip(template)
                .map(|(id, &from_template)| from_template == 1 || self.special_ids.contains(id))
                .collect(),
            tokens: encoding.get_tokens().to_vec(),
        })
    }
}

/// How much of each of two texts stays within `room`: the longer one is cut token by token, then both in turn, the second
/// keeping the odd one where they were equally long. As `truncation=True` of Hugging Face's fast tokenizers.
fn longest_first(first: usize, second: usize, room: usize) -> [usize; 2] {
    if first + second <= room {
        return [first, second];
    }
    let shorter = first.min(second);
    let [less, more] = if shorter <= room / 2 { [shorter, room - shorter] } else { [room / 2, room - room / 2] };
    if first > second { [more, less] } else { [less, more] }
}

/// The first `n` tokens.
fn beginning(encoding: tokenizers::Encoding, n: usize) -> tokenizers::Encoding {
    if encoding.len() <= n {
        return encoding;
    }
    tokenizers::Encoding::new(
        encoding.get_ids()[..n].to_vec(),
        encoding.get_type_ids()[..n].to_vec(),
        encoding.get_tokens()[..n].to_vec(),
        encoding.get_word_ids()[..n].to_vec(),
        encoding.get_offsets()[..n].to_vec(),
        encoding.get_special_tokens_mask()[..n].to_vec(),
        encoding.get_attention_mask()[..n].to_vec(),
        Vec::new(),
        Default::default(),
    )
}

/// A template names special tokens that are described beside it, each by as many ids as tokens. The crate takes this for
/// granted, and panics at the first text.
fn check_template(processor: &Value) -> Result<()> {
    for inner in processor["processors"].as_array().into_iter().flatten() {
        check_template(inner)?;
    }
    let place = || Place::named("tokenizer.json, post_processor");
    let pieces = |part: &str| processor[part].as_array().into_iter().flatten();
    if pieces("single").any(|piece| piece["Sequence"]["id"].as_str().is_some_and(|id| id != "A")) {
        let expected = "a template for a single text that has no place for a second one";
        return Err(Error::new(ErrorKind::Tokenizer, place(), expected, processor["single"].to_string()));
    }
    for piece in pieces("single").chain(pieces("pair")) {
        let Some(name) = piece["SpecialToken"]["id"].as_str() else { continue };
        let described = &processor["special_tokens"][name];
        let count = |part: &str| described[part].as_array().map(Vec::len);
        if count("ids").is_none() || count("ids") != count("tokens") {
            let expected = format!("{name} of the template among its special_tokens, with an id for each token");
            return Err(Error::new(ErrorKind::Tokenizer, place(), expected, described.to_string()));
        }
    }
    Ok(())
}

fn refused(error: tokenizers::Error) -> Error {
    Error::new(ErrorKind::Tokenizer, Place::named("tokenizer.json"), "to encode the text", error.to_string())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use serde_json::Value;

    const BUILT_IN: &[u8] = include_bytes!("../www/models/mini-4x256/tokenizer.json");
    const TINY: &[u8] = include_bytes!("../tests/fixtures/tiny_bert/tokenizer.json");

    /// The crate's own truncation is the reference: of all lengths, ties among them.
    #[test]
    fn a_pair_is_cut_as_by_longest_first() {
        use tokenizers::{Encoding, TruncationDirection, TruncationParams, TruncationStrategy, utils::truncation};
        let of_length = |n: usize| Encoding::from_tokens(vec![tokenizers::Token::new(0, "a".into(), (0, 1)); n], 0);
        for (first, second, room) in (0..12 * 12 * 25).map(|i| (i % 12, i / 12 % 12, 1 + i / 144)) {
            let params = TruncationParams {
                direction: TruncationDirection::Right,
                max_length: room,
                strategy: TruncationStrategy::LongestFirst,
                stride: 0,
            };
            let cut = truncation::truncate_encodings(of_length(first), Some(of_length(second)), &params).unwrap();
            let expected = [cut.0.len(), cut.1.unwrap().len()];
            assert_eq!(longest_first(first, second, room), expected, "{first} and {second} in {room}");
        }
    }

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
        let golden: Value = serde_json::from_str(include_str!("../tests/fixtures/tiny_bert/golden.json")).unwrap();
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
    fn a_vocabulary_that_is_none_is_refused_by_line_or_token() {
        let said = |vocabulary: &str| built(vocabulary, None).unwrap_err().to_string();
        assert!(said("[PAD]\n\n[UNK]\n").starts_with("vocab.txt, line 2: expected a token"));
        assert!(said("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n").contains("no [MASK] among 5 lines"));
        let config = Tokenizer::json_of_vocabulary(vocabulary_of(TINY).as_bytes(), Some(b"{\"do_lower_case\": 3}"));
        assert!(config.unwrap_err().to_string().starts_with("tokenizer_config.json: expected a JSON object"));
    }
}
