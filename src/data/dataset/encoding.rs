//! Text from bytes: UTF-8, UTF-16 or Windows-1252; anything else is refused by name, with the way out.

use super::MAXIMUM_BYTES;
use crate::error::{Error, ErrorKind, Place, Result};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Bytes looked at to tell text from anything else.
const SAMPLE_BYTES: usize = 64 << 10;

/// How the characters of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, little-endian: Excel's "Unicode text".
    #[serde(rename = "utf-16le")]
    Utf16Little,
    /// UTF-16, big-endian.
    #[serde(rename = "utf-16be")]
    Utf16Big,
    /// Windows-1252, which western spreadsheets write as "CSV".
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// A file's text as UTF-8 without a byte order mark. Single rows of a UTF-8 file may still be none; they are rejected one
/// by one.
pub(super) fn decode<'a>(name: &str, bytes: &'a [u8]) -> Result<(Cow<'a, [u8]>, Encoding)> {
    let refuse = |expected: &str, got: String| Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, got));
    if bytes.len() > MAXIMUM_BYTES {
        return refuse("at most 64 MiB", format!("{:.1} MiB", bytes.len() as f64 / f64::from(1 << 20)));
    }
    const TEXT: &str = "text: CSV, TSV, JSON or JSON Lines";
    if let Some(kind) = foreign_format(bytes) {
        return refuse(TEXT, kind.to_string());
    }
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let encoding = guess_encoding(sample, bytes);
    let text = match encoding {
        Encoding::Utf8 => Cow::Borrowed(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)),
        Encoding::Utf16Little => Cow::Owned(from_utf16(bytes, u16::from_le_bytes)),
        Encoding::Utf16Big => Cow::Owned(from_utf16(bytes, u16::from_be_bytes)),
        Encoding::Windows1252 => {
            // Of western languages' letters at most some fifteen in a hundred have an accent.
            let foreign = sample.iter().filter(|byte| !byte.is_ascii()).count();
            if foreign * 10 > sample.len() * 3 {
                let got = "an older encoding than UTF-8 (save the file as CSV UTF-8)";
                return refuse(TEXT, got.to_string());
            }
            Cow::Owned(bytes.iter().map(|&byte| windows_1252(byte)).collect::<String>().into_bytes())
        }
    };
    let sample = &text[..text.len().min(SAMPLE_BYTES)];
    let control =
        |byte: &&u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x01 | 0x0C | 0x1C..=0x1F);
    if sample.iter().filter(control).count() * 20 > sample.len() {
        return refuse(TEXT, "bytes that are not text".to_string());
    }
    if text.trim_ascii().is_empty() {
        return refuse("rows of texts and labels", "an empty file".to_string());
    }
    Ok((text, encoding))
}

/// The kind of a file that is not text, by its first bytes, with the way out.
fn foreign_format(bytes: &[u8]) -> Option<&'static str> {
    const SIGNATURES: [(&[u8], &str); 20] = [
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook (save it as CSV UTF-8)"),
        (b"PAR1", "a Parquet file (in Python: pandas.read_parquet(file).to_csv(…, index=False))"),
        (b"ARROW1", "an Arrow file (in Python: pandas.read_feather(file).to_csv(…, index=False))"),
        (b"Obj\x01", "an Avro file (save it as CSV or JSON Lines)"),
        (b"\x1F\x8B", "a gzip archive (unpack it first)"),
        (b"BZh", "a bzip2 archive (unpack it first)"),
        (b"\xFD7zXZ", "an xz archive (unpack it first)"),
        (b"\x28\xB5\x2F\xFD", "a Zstandard archive (unpack it first)"),
        (b"7z\xBC\xAF", "a 7z archive (unpack it first)"),
        (b"Rar!", "a RAR archive (unpack it first)"),
        (b"%PDF", "a PDF document (copy its table into a spreadsheet and save that as CSV UTF-8)"),
        (b"\x89PNG", "a PNG picture"),
        (b"\xFF\xD8\xFF", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"RIFF", "a picture, sound or video"),
        (b"SQLite format 3\0", "an SQLite database (export its table as CSV)"),
        (b"\x89HDF", "an HDF5 file (save its table as CSV)"),
        (b"\x93NUMPY", "a NumPy array (save the table as CSV)"),
        (b"{\\rtf", "a rich-text document (save it as plain text)"),
        (
            b"version https://git-lfs.github.com/spec/",
            "a pointer of Git LFS that stands for the file (fetch the file itself with \"git lfs pull\")",
        ),
    ];
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let begins = |start: &[u8]| text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start));
    if bytes.starts_with(b"PK\x03\x04") {
        // The names of what is inside stand in clear.
        let has = |part: &[u8]| bytes.windows(part.len()).take(SAMPLE_BYTES).any(|window| window == part);
        return Some(match () {
            () if has(b"xl/") || has(b"[Content_Types].xml") && !has(b"word/") => {
                "an Excel workbook (save it as CSV UTF-8)"
            }
            () if has(b"opendocument") => "an OpenDocument file (save it as CSV UTF-8)",
            () if has(b"word/") => "a Word document (save its table as CSV UTF-8)",
            () => "a zip archive (unpack it first, and choose one file)",
        });
    }
    if begins(b"<!doctype html") || begins(b"<html") {
        return Some("a web page (download the file itself, not its page)");
    }
    if begins(b"<?xml") {
        return Some("an XML file (save its table as CSV UTF-8)");
    }
    // Pickles of protocol 2 and later begin with 0x80 and the protocol's number.
    if matches!(bytes, [0x80, 2..=5, ..]) {
        return Some("a Python pickle, which can contain programs (save the table as CSV)");
    }
    SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)).map(|(_, kind)| *kind)
}

fn guess_encoding(sample: &[u8], bytes: &[u8]) -> Encoding {
    if sample.starts_with(b"\xFF\xFE") {
        return Encoding::Utf16Little;
    }
    if sample.starts_with(b"\xFE\xFF") {
        return Encoding::Utf16Big;
    }
    let nul_share = |offset: usize| {
        let nuls = sample.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0).count();
        nuls as f64 / (sample.len() / 2).max(1) as f64
    };
    // Most characters of most scripts' punctuation, digits and spaces have a zero byte in UTF-16.
    match (nul_share(0), nul_share(1)) {
        (even, odd) if odd > 0.3 && even < 0.05 => return Encoding::Utf16Little,
        (even, odd) if even > 0.3 && odd < 0.05 => return Encoding::Utf16Big,
        _ => {}
    }
    // Where some letters are UTF-8, the others are broken, and each row that has one is named. Where none is, and the
    // bytes are no UTF-8, they are of an older encoding.
    let (mut has_invalid, mut has_letters) = (false, bytes.contains(&0));
    for chunk in bytes.utf8_chunks() {
        has_invalid |= !chunk.invalid().is_empty();
        has_letters |= !chunk.valid().is_ascii();
    }
    if has_invalid && !has_letters { Encoding::Windows1252 } else { Encoding::Utf8 }
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.strip_prefix('\u{FEFF}').unwrap_or(&text).as_bytes().to_vec()
}

/// As the WHATWG's Encoding Standard has it: what browsers and Python's `cp1252` agree on, and C1 controls where nothing is
/// assigned.
pub(super) fn windows_1252(byte: u8) -> char {
    const FROM_80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => FROM_80[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
