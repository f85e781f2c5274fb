//! Cells that are neither a text nor a label: dates, addresses, hashes.

use super::numbers::NumberStyle;

/// The kind of a cell that is neither text nor label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellKind {
    Date,
    Address,
    Hash,
}

impl CellKind {
    pub(super) const COUNT: usize = 3;

    pub(super) fn of(text: &str) -> Option<CellKind> {
        let starts = |start: &str| text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start));
        if ["http://", "https://", "www.", "ftp://"].into_iter().any(starts) && !text.contains(' ') {
            return Some(CellKind::Address);
        }
        let is_hash = text.len() >= 12
            && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
            && text.bytes().any(|byte| byte.is_ascii_digit())
            && text.bytes().any(|byte| byte.is_ascii_alphabetic());
        if is_hash {
            return Some(CellKind::Hash);
        }
        is_date(text).then_some(CellKind::Date)
    }
}

/// Whether it is a date or a time of day: nothing but numbers, names of months and days, and marks of time, at least three
/// of them.
fn is_date(text: &str) -> bool {
    const NAMES: [&str; 19] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu",
        "fri", "sat", "sun",
    ];
    const MARKS: [&str; 16] =
        ["t", "z", "am", "pm", "utc", "gmt", "pst", "pdt", "est", "edt", "cst", "cdt", "cet", "cest", "bst", "th"];
    if text.len() > 40 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let mut parts = Vec::new();
    for piece in text.split(|it: char| !it.is_ascii_alphanumeric()).filter(|piece| !piece.is_empty()) {
        // `03T10` is three parts.
        let mut start = 0;
        let bytes = piece.as_bytes();
        for end in 1..=bytes.len() {
            if end == bytes.len() || bytes[end].is_ascii_digit() != bytes[start].is_ascii_digit() {
                parts.push(piece[start..end].to_ascii_lowercase());
                start = end;
            }
        }
    }
    let numbers = parts.iter().filter(|part| part.as_bytes()[0].is_ascii_digit()).count();
    let is_name = |part: &str| MARKS.contains(&part) || NAMES.iter().any(|name| part.starts_with(name));
    let others = parts.iter().filter(|part| !part.as_bytes()[0].is_ascii_digit());
    text.is_ascii()
        && (3..=9).contains(&parts.len())
        && numbers >= 2
        && parts.iter().all(|part| part.len() <= 9)
        && others.clone().all(|part| is_name(part))
        && text.bytes().any(|byte| matches!(byte, b'-' | b'/' | b':' | b'.' | b','))
        && !NumberStyle::ALL.iter().any(|style| style.parse(text).is_some())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn dates_addresses_and_hashes_are_told_from_texts_labels_and_numbers() {
        for date in [
            "2024-04-03T10:00:00Z",
            "Mon Apr 06 22:00:45 PDT 2009",
            "1-02-2015 11.00",
            "02 28, 2014",
            "2015/02/24 11:35:52",
            "10:45:00",
            "3. Mar 2021",
        ] {
            assert_eq!(CellKind::of(date), Some(CellKind::Date), "{date}");
        }
        assert_eq!(CellKind::of("https://example.org/a"), Some(CellKind::Address));
        assert_eq!(CellKind::of("53bf2e031e4c0b6f"), Some(CellKind::Hash));
        assert_eq!(CellKind::of("0a1b2c3d-0a1b-4c3d-8a1b-0a1b2c3d4e5f"), Some(CellKind::Hash));
        for other in ["1.996,50", "2.5", "good", "1,4", "http://a and more", "decade", "46 %", "May 5", ""] {
            assert_eq!(CellKind::of(other), None, "{other}");
        }
    }
}
