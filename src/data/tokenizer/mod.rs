//! Text to token ids on the host, as Hugging Face's fast tokenizers do it.
//!
//! Wraps the `tokenizers` crate; what is ours is the choice of truncation (`longest_first`, Hugging Face's default for
//! pairs) and the refusal of a tokenizer that lacks the tokens this lab needs.

use crate::data::content::content;
use crate::error::{Error, ErrorKind, Place, Result};
use serde_json::Value;
use std::collections::HashSet;
use tokenizers::PostProcessor;

mod roles;
mod vocabulary;

use roles::{ROLES_KEY, Role};

/// The part of a vocabulary that masking needs.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary {
    /// Number of tokens; a random token is drawn from all of them.
    pub size: u32,
    /// The id of `[MASK]`.
    pub mask_id: u32,
}

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
    unknown_id: Option<u32>,
    /// Stands for a text of no token, where no template adds any.
    end_of_text: Option<u32>,
    special_ids: HashSet<u32>,
    /// The maximum length of a text or pair, special tokens included.
    most: Option<usize>,
}

impl Tokenizer {
    /// The fewest tokens that hold a pair: `[CLS]`, a token, `[SEP]`, a token, `[SEP]`.
    pub const FEWEST_TOKENS: usize = crate::settings::MAX_TOKENS.minimum;

    /// Reads the bytes of a `tokenizer.json`; no text is cut before [`Tokenizer::cut_to`] says so.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] if it is not one, or has no `[PAD]`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Tokenizer> {
        let place = || Place::named("tokenizer.json");
        let unreadable = |error: String| {
            Error::new(ErrorKind::Tokenizer, place(), "a Hugging Face fast tokenizer", format!("this: {error}"))
        };
        let bytes = content(ErrorKind::Tokenizer, "tokenizer.json", bytes)?;
        let mut json: Value = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
        check_template(&json["post_processor"])?;
        let mut roles = Value::Null;
        if let Some(parts) = json.as_object_mut() {
            roles = parts.remove(ROLES_KEY).unwrap_or_default();
            parts.remove("decoder"); // no ids become text here, and the crate panics at some that it cannot read
        }
        let mut inner = tokenizers::Tokenizer::from_bytes(json.to_string()).map_err(|it| unreadable(it.to_string()))?;
        let of_role = |role: Role| role.names(&roles).into_iter().find_map(|name| inner.token_to_id(name));
        // GPT-2 has one special token, which its users pad with.
        let end_of_text = of_role(Role::EndOfText);
        let pad_id = of_role(Role::Pad).or(end_of_text).ok_or_else(|| {
            let expected = "a [PAD] token, as BERT's tokenizers have (or one that tokenizer_config.json names)";
            Error::new(ErrorKind::Tokenizer, place(), expected, "none")
        })?;
        let mask_id = of_role(Role::Mask);
        let unknown_id = of_role(Role::Unknown);
        let added = inner.get_added_tokens_decoder();
        let special_ids = added.into_iter().filter(|(_, token)| token.special).map(|(id, _)| id).collect();
        inner.with_padding(None).with_truncation(None).map_err(refused)?;
        Ok(Tokenizer { inner, pad_id, mask_id, unknown_id, end_of_text, special_ids, most: None })
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

    /// The highest token id that a text or a pair can get, and the highest type id of a text. Ids need not follow each other,
    /// and a template's own need not be in the vocabulary.
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
        let kind = single.type_ids.into_iter().max();
        Ok((id.unwrap_or(0), kind.unwrap_or(0)))
    }

    /// The highest type id that a pair of texts can get.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn highest_pair_type(&self) -> Result<u32> {
        Ok(self.encode("a", Some("a"))?.type_ids.into_iter().max().unwrap_or(0))
    }

    /// The id of what the vocabulary does not hold, where there is one.
    pub fn unknown_id(&self) -> Option<u32> {
        self.unknown_id
    }

    /// The word or word piece of an id; empty if there is none.
    pub fn token(&self, id: u32) -> String {
        self.inner.id_to_token(id).unwrap_or_default()
    }

    /// The vocabulary for masking.
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

    /// Encodes a text, or a pair. A text without any token is the token that ends texts, in tokenizers that have one.
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
        if let (true, Some(id)) = (encoding.is_empty(), self.end_of_text) {
            let token = self.token(id);
            return Ok(Encoding { ids: vec![id], type_ids: vec![0], special: vec![true], tokens: vec![token] });
        }
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
}
