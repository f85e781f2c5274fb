//! Text to token ids on the host, as Hugging Face's fast tokenizers do it.
//!
//! Wraps the `tokenizers` crate; what is ours is the choice of truncation (`longest_first`, Hugging Face's default for
//! pairs) and the refusal of a tokenizer that lacks the tokens this lab needs.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::masking::Vocabulary;
use std::collections::HashSet;
use tokenizers::{EncodeInput, TruncationDirection, TruncationParams, TruncationStrategy};

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
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| {
            Error::new(ErrorKind::Tokenizer, place(), "a Hugging Face fast tokenizer", format!("this: {error}"))
        })?;
        let pad_id = inner.token_to_id("[PAD]").ok_or_else(|| {
            Error::new(ErrorKind::Tokenizer, place(), "a [PAD] token, as BERT's tokenizers have", "none")
        })?;
        let mask_id = inner.token_to_id("[MASK]");
        let added = inner.get_added_tokens_decoder();
        let special_ids = added.into_iter().filter(|(_, token)| token.special).map(|(id, _)| id).collect();
        inner.with_padding(None).with_truncation(None).map_err(refused)?;
        Ok(Tokenizer { inner, pad_id, mask_id, special_ids })
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
        let truncation = TruncationParams {
            direction: TruncationDirection::Right,
            max_length: max_tokens,
            strategy: TruncationStrategy::LongestFirst,
            stride: 0,
        };
        let mut cut = self.clone();
        cut.inner.with_truncation(Some(truncation)).map_err(refused)?;
        Ok(cut)
    }

    /// The id that fills a batch's shorter rows.
    pub fn pad_id(&self) -> u32 {
        self.pad_id
    }

    /// Number of tokens, added ones included.
    pub fn vocabulary_size(&self) -> usize {
        self.inner.get_vocab_size(true)
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
        let input: EncodeInput = match pair {
            Some(pair) => (text, pair).into(),
            None => text.into(),
        };
        let encoding = self.inner.encode(input, true).map_err(refused)?;
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

fn refused(error: tokenizers::Error) -> Error {
    Error::new(ErrorKind::Tokenizer, Place::named("tokenizer.json"), "to encode the text", error.to_string())
}
