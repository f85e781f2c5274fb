//! Values of a JSON text as slices of it, unparsed, so that a bad one costs a row and not the file.

use super::super::MAXIMUM_ROWS;
use super::super::lines::with_lines;

/// The comma-separated slices within the bracket that opens at `open`, and whether the bracket is closed.
fn parts(bytes: &[u8], open: usize) -> Vec<(usize, &[u8])> {
    let mut parts = Vec::new();
    let mut start = (open + 1).min(bytes.len());
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (index, &byte) in bytes.iter().enumerate().skip(start) {
        if parts.len() > MAXIMUM_ROWS {
            break; // one row too many is enough to be refused for
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            // A JSON string holds no raw line break: one that never closes must not swallow the rows after it.
            b'\n' | b'\r' if quoted => {
                parts.push((start, &bytes[start..index]));
                (start, depth, quoted) = (index + 1, 0, false);
            }
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth > 0 => depth -= 1,
            b',' if depth == 0 => {
                parts.push((start, &bytes[start..index]));
                start = index + 1;
            }
            b']' | b'}' => {
                parts.push((start, &bytes[start..index]));
                start = index + 1;
                break;
            }
            _ => {}
        }
    }
    parts.push((start, &bytes[start..]));
    parts
}

/// The elements of the array that begins in `bytes` at or after `from`, with their lines.
pub(crate) fn array_elements(bytes: &[u8], from: usize) -> Vec<(u64, &[u8])> {
    let open = bytes[from..].iter().position(|&byte| byte == b'[').map_or(bytes.len(), |open| from + open);
    with_lines(bytes, parts(bytes, open))
}

/// One field of an object.
pub(super) struct Member<'a> {
    pub(super) key: String,
    /// Where its value begins in the file.
    pub(super) start: usize,
    /// Its value, without space around it.
    pub(super) value: &'a [u8],
}

/// The fields of the object that `bytes` hold from `open` on; none where it is broken.
pub(super) fn object_members(bytes: &[u8], open: usize) -> Option<Vec<Member<'_>>> {
    let mut members = Vec::new();
    let mut all = parts(bytes, open);
    let (_, rest) = all.pop()?; // what follows the object
    if !rest.trim_ascii().is_empty() && all.is_empty() {
        return None;
    }
    for (start, part) in all {
        if part.trim_ascii().is_empty() {
            continue;
        }
        let mut keys = serde_json::Deserializer::from_slice(part).into_iter::<String>();
        let key = keys.next()?.ok()?;
        let colon = keys.byte_offset() + part[keys.byte_offset()..].iter().position(|&byte| byte == b':')?;
        let value = &part[colon + 1..];
        let indent = value.len() - value.trim_ascii_start().len();
        members.push(Member { key, start: start + colon + 1 + indent, value: value.trim_ascii() });
    }
    Some(members)
}

/// The values that stand one after another in a file, with their lines: objects over several lines, for instance.
pub(crate) fn values(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut found = Vec::new();
    let (mut start, mut depth, mut quoted, mut escaped) = (0, 0_usize, false, false);
    for (index, &byte) in bytes.iter().enumerate() {
        if found.len() > MAXIMUM_ROWS {
            break;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if quoted => quoted = false,
            _ if quoted => {}
            b'[' | b'{' => {
                start = if depth == 0 { index } else { start };
                depth += 1;
            }
            b']' | b'}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    found.push((start, &bytes[start..=index]));
                }
            }
            _ => {}
        }
    }
    with_lines(bytes, found)
}

/// The same JSON with `null` for the words that Python writes and JSON does not know: `NaN`, `Infinity`, `-Infinity`.
pub(super) fn without_nan(bytes: &[u8]) -> Vec<u8> {
    const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut written = Vec::with_capacity(bytes.len());
    let (mut quoted, mut escaped, mut index) = (false, false, 0);
    while index < bytes.len() {
        let byte = bytes[index];
        let word = WORDS.iter().find(|word| !quoted && bytes[index..].starts_with(word));
        if let Some(word) = word {
            written.extend_from_slice(b"null");
            index += word.len();
            continue;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        written.push(byte);
        index += 1;
    }
    written
}
