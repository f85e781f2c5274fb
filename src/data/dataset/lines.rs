//! Line numbers of byte offsets.

use super::MAXIMUM_ROWS;

/// The one-based line of a place in a file, for places asked for in rising order; CR, LF and CRLF each end a line.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Lines { bytes, at: 0, line: 1 }
    }

    pub(super) fn line_at(&mut self, place: usize) -> u64 {
        for index in self.at..place {
            let crlf = self.bytes[index] == b'\r' && self.bytes.get(index + 1) == Some(&b'\n');
            self.line += u64::from(matches!(self.bytes[index], b'\r' | b'\n') && !crlf);
        }
        self.at = self.at.max(place);
        self.line
    }
}

/// The lines of a file, unparsed.
pub(super) fn text_lines(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut start = 0;
    let parts = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).map(|part| {
        let place = start;
        start += part.len() + 1;
        (place, part)
    });
    with_lines(bytes, parts.filter(|(_, part)| !part.is_empty()).take(MAXIMUM_ROWS + 1).collect())
}

/// Parts that are not blank, with the line on which each really begins.
pub(super) fn with_lines<'a>(bytes: &'a [u8], parts: Vec<(usize, &'a [u8])>) -> Vec<(u64, &'a [u8])> {
    let mut lines = Lines::of(bytes);
    let mut filled = Vec::new();
    for (start, part) in parts {
        let trimmed = part.trim_ascii_start();
        if !trimmed.is_empty() {
            filled.push((lines.line_at(start + part.len() - trimmed.len()), trimmed.trim_ascii_end()));
        }
    }
    filled
}
