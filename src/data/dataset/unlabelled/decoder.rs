//! Text from bytes that arrive in pieces.

use super::super::encoding::{Encoding, windows_1252};
use std::borrow::Cow;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Turns pieces of a file into pieces of UTF-8.
pub(super) struct Decoder {
    encoding: Encoding,
    /// Bytes that wait for the rest of their character, or of a byte order mark.
    waiting: Vec<u8>,
    is_begun: bool,
}

impl Decoder {
    pub(super) fn new(encoding: Encoding) -> Decoder {
        Decoder { encoding, waiting: Vec::new(), is_begun: false }
    }

    /// The text of the next bytes, without a byte order mark at the file's beginning.
    pub(super) fn push<'a>(&mut self, bytes: &'a [u8], is_last: bool) -> Cow<'a, [u8]> {
        let text = match self.encoding {
            Encoding::Utf8 => Cow::Borrowed(bytes),
            Encoding::Windows1252 => {
                Cow::Owned(bytes.iter().map(|&byte| windows_1252(byte)).collect::<String>().into_bytes())
            }
            Encoding::Utf16Little => Cow::Owned(self.utf16(bytes, is_last, u16::from_le_bytes)),
            Encoding::Utf16Big => Cow::Owned(self.utf16(bytes, is_last, u16::from_be_bytes)),
        };
        if self.is_begun { text } else { self.begin(text, is_last) }
    }

    fn begin<'a>(&mut self, text: Cow<'a, [u8]>, is_last: bool) -> Cow<'a, [u8]> {
        if self.encoding == Encoding::Utf8 && text.len() + self.waiting.len() < BYTE_ORDER_MARK.len() && !is_last {
            self.waiting.extend_from_slice(&text);
            return Cow::Borrowed(&[]);
        }
        if text.is_empty() && !is_last {
            return text;
        }
        self.is_begun = true;
        let text = match (self.encoding, self.waiting.is_empty()) {
            (Encoding::Utf8, false) => Cow::Owned([std::mem::take(&mut self.waiting), text.into_owned()].concat()),
            _ => text,
        };
        match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => Cow::Owned(rest.to_vec()),
            None => text,
        }
    }

    fn utf16(&mut self, bytes: &[u8], is_last: bool, unit: fn([u8; 2]) -> u16) -> Vec<u8> {
        self.waiting.extend_from_slice(bytes);
        let mut units: Vec<u16> = self.waiting.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        let is_half = units.last().is_some_and(|last| (0xD800..0xDC00).contains(last)) && !is_last;
        units.truncate(units.len() - usize::from(is_half));
        self.waiting.drain(..2 * units.len());
        let text = char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER));
        text.collect::<String>().into_bytes()
    }
}
