//! Files from files: bytes turned over, pieces moved, JSON with other values in its places.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Map, Value, json};

/// The generator of inputs: quick, small, and the same everywhere.
pub type Random = Xoshiro256PlusPlus;

/// Pieces that mean something to one parser or another, or that are hard to handle as text.
const PIECES: [&str; 62] = [
    ",",
    ";",
    "\t",
    "|",
    "\"",
    "\"\"",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\\",
    "[",
    "]",
    "{",
    "}",
    ":",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "18446744073709551615",
    "9223372036854775808",
    "0.1",
    "NaN",
    "\"\\ud800\"",
    "\\u0000",
    "\\uD83D\\uDE00",
    "text",
    "label",
    "\u{feff}",
    "\u{0}",
    "\u{200b}",
    "\u{202e}",
    "\u{200f}",
    "\u{1f469}\u{200d}\u{1f52c}",
    "e\u{301}\u{301}\u{301}",
    "\u{fffd}",
    "\u{10ffff}",
    "\u{e000}",
    "ﷺ",
    "مرحبا",
    "שלום",
    "北京",
    "ＡＢＣ",
    "İ",
    "ß",
    "##",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "[PAD]",
    "[UNK]",
    "F32",
    "I8",
    "__metadata__",
    "data_offsets",
    "gelu",
    "\u{85}",
    "\u{2028}",
    "\u{1}",
    "=cmd|' /C calc'!A0",
];

/// Numbers at the edges of types, and the largest width of a model.
const NUMBERS: [u64; 15] = [0, 1, 2, 3, 7, 8, 64, 255, 8192, 65_536, 1 << 31, 1 << 32, 1 << 53, 1 << 63, u64::MAX];

/// A text of hard pieces.
pub fn hard_text(random: &mut Random, most: usize) -> String {
    let mut text = String::new();
    for _ in 0..random.random_range(0..=most) {
        match random.random_range(0..8) {
            0..=3 => text += PIECES.choose(random).unwrap(),
            4 => text.extend(char::from_u32(random.random_range(0..0x11_0000))),
            5 => text += &"a".repeat(random.random_range(1..40)),
            _ => text += ["the", "river", "word", " ", "and "].choose(random).unwrap(),
        }
    }
    if random.random_ratio(1, 200) {
        text += &PIECES.choose(random).unwrap().repeat(10_000);
    }
    text
}

/// Between one and six changes of bytes.
pub fn bytes(random: &mut Random, file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..random.random_range(1..=6) {
        let at = random.random_range(0..=file.len());
        let end = (at + 1 + random.random_range(0..64_usize).pow(2) / 16).min(file.len());
        let piece: Vec<u8> = match random.random_range(0..10) {
            0 => vec![random.random()],
            1..=3 => PIECES.choose(random).unwrap().as_bytes().to_vec(),
            4 => NUMBERS.choose(random).unwrap().to_le_bytes().to_vec(),
            5 => NUMBERS.choose(random).unwrap().to_string().into_bytes(),
            6 => file[at..end].to_vec(), // twice
            7 => {
                let other = random.random_range(0..=file.len());
                file[other..(other + 40).min(file.len())].to_vec()
            }
            _ => Vec::new(), // gone
        };
        match random.random_range(0..12) {
            0 => file.truncate(at),
            1 if at < file.len() => file[at] ^= 1 << random.random_range(0..8),
            2..=6 => drop(file.splice(at..at, piece)),
            _ => drop(file.splice(at..end, piece)),
        }
    }
    if random.random_ratio(1, 500) {
        let again = file.clone();
        while file.len() < 100_000 && !again.is_empty() {
            file.extend_from_slice(&again);
        }
    }
    file
}

/// A JSON file with between one and four other values in its places; now and then a key twice, or other bytes.
pub fn json_file(random: &mut Random, seed: &Value) -> Vec<u8> {
    let mut value = seed.clone();
    for _ in 0..random.random_range(1..=4) {
        let depth = random.random_range(0..6);
        change(random, &mut value, depth);
    }
    let mut text = value.to_string();
    if random.random_ratio(1, 8)
        && let Value::Object(fields) = seed
        && let Some((key, field)) = fields.iter().collect::<Vec<_>>().choose(random)
        && text.starts_with('{')
    {
        text.insert_str(1, &format!("{}:{field},", Value::from(key.as_str())));
    }
    if random.random_ratio(1, 16) {
        return bytes(random, text.as_bytes());
    }
    text.into_bytes()
}

fn change(random: &mut Random, value: &mut Value, depth: usize) {
    match value {
        Value::Object(fields) if depth > 0 && !fields.is_empty() => {
            let keys: Vec<String> = fields.keys().cloned().collect();
            let key = keys.choose(random).unwrap();
            match random.random_range(0..12) {
                0 => drop(fields.remove(key)),
                1 => {
                    let moved = fields[key].clone();
                    fields.insert(PIECES.choose(random).unwrap().to_string(), moved);
                }
                2 => {
                    let other = fields[keys.choose(random).unwrap()].clone();
                    fields[key] = other;
                }
                _ => change(random, &mut fields[key], depth - 1),
            }
        }
        Value::Array(items) if depth > 0 && !items.is_empty() => {
            let at = random.random_range(0..items.len());
            match random.random_range(0..8) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => change(random, &mut items[at], depth - 1),
            }
        }
        _ => *value = other_value(random, value),
    }
}

fn other_value(random: &mut Random, value: &Value) -> Value {
    match random.random_range(0..16) {
        0 => Value::Null,
        1 => json!(random.random::<bool>()),
        2..=5 => json!(NUMBERS.choose(random).unwrap()),
        6 => json!(-(random.random_range(0..100_i64))),
        7 => json!([1e-300, 0.5, -0.0, 1e300, 1.5].choose(random).unwrap()),
        8 | 9 => json!(PIECES.choose(random).unwrap()),
        10 => json!(hard_text(random, 6)),
        11 => json!([value, value]),
        12 => Value::Object(Map::from_iter([(PIECES.choose(random).unwrap().to_string(), value.clone())])),
        13 => json!([]),
        14 => {
            let mut nested = value.clone();
            for _ in 0..random.random_range(1..150) {
                nested = json!([nested]);
            }
            nested
        }
        _ => match value.as_f64() {
            Some(number) => json!(number + [1.0, -1.0, 0.25].choose(random).unwrap()),
            None => json!({}),
        },
    }
}

/// The bytes of a safetensors file with another header, another length before it or another end.
pub fn safetensors(random: &mut Random, file: &[u8]) -> Vec<u8> {
    if random.random_ratio(1, 8) {
        return bytes(random, file);
    }
    let (header, data) = parts(file);
    let header = json_file(random, &serde_json::from_slice(header).unwrap());
    let length = if random.random_ratio(1, 16) { *NUMBERS.choose(random).unwrap() } else { header.len() as u64 };
    let mut data = data.to_vec();
    match random.random_range(0..12) {
        0 => data.truncate(random.random_range(0..=data.len())),
        1 => data.extend_from_slice(&[0; 64]),
        2 if !data.is_empty() => {
            let at = random.random_range(0..data.len()) / 4 * 4;
            data.splice(
                at..(at + 4).min(data.len()),
                [f32::NAN, f32::INFINITY, 1e38].choose(random).unwrap().to_le_bytes(),
            );
        }
        _ => {}
    }
    [&length.to_le_bytes()[..], &header, &data].concat()
}

/// The header of a safetensors file, and its data.
pub fn parts(file: &[u8]) -> (&[u8], &[u8]) {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    file[8..].split_at(length)
}
