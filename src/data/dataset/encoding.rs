//! Whether bytes are text.

use super::MAXIMUM_BYTES;
use crate::error::{Error, ErrorKind, Place, Result};

/// The bytes without a byte order mark, or why they are not text that we read.
pub(super) fn checked_text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a [u8]> {
    const SIGNATURES: [(&[u8], &str); 8] = [
        (b"\xFF\xFE", "UTF-16 (little-endian)"),
        (b"\xFE\xFF", "UTF-16 (big-endian)"),
        (b"PK\x03\x04", "a zip archive or an Excel workbook"),
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook"),
        (b"PAR1", "a Parquet file"),
        (b"ARROW1", "an Arrow file"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"%PDF", "a PDF document"),
    ];
    let refuse = |expected: &str, got: String| Err(Error::new(ErrorKind::Dataset, Place::named(name), expected, got));
    if bytes.len() > MAXIMUM_BYTES {
        return refuse("at most 64 MiB", format!("{:.1} MiB", bytes.len() as f64 / f64::from(1 << 20)));
    }
    let encoding = "UTF-8 text: CSV, TSV, JSON or JSON Lines";
    if let Some((_, kind)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return refuse(encoding, kind.to_string());
    }
    // 64 KiB are enough to tell text from anything else.
    let sample = &bytes[..bytes.len().min(64 << 10)];
    let nul_share = |offset: usize| {
        let nuls = sample.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0).count();
        nuls as f64 / (sample.len() / 2).max(1) as f64
    };
    // Most characters of most scripts' punctuation, digits and spaces have a zero byte in UTF-16.
    match (nul_share(0), nul_share(1)) {
        (even, odd) if odd > 0.3 && even < 0.05 => return refuse(encoding, "UTF-16 (little-endian)".to_string()),
        (even, odd) if even > 0.3 && odd < 0.05 => return refuse(encoding, "UTF-16 (big-endian)".to_string()),
        _ => {}
    }
    let control = |byte: &&u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C);
    if sample.iter().filter(control).count() * 20 > sample.len() {
        return refuse(encoding, "bytes that are not text".to_string());
    }
    let invalid: usize = sample.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    if invalid * 10 > sample.len() * 3 {
        return refuse(encoding, "bytes that are not UTF-8 (an older encoding? save the file as UTF-8)".to_string());
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if text.trim_ascii().is_empty() {
        return refuse("rows of texts and labels", "an empty file".to_string());
    }
    Ok(text)
}
