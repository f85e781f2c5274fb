//! Numbers as spreadsheets write them.

use serde::{Deserialize, Serialize};

/// How the numbers of a column are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberStyle {
    /// `2,5` instead of `2.5`.
    pub decimal_comma: bool,
    /// With something between thousands: `1,996.50`, `1.996,50`, `1 996`.
    pub grouped: bool,
    /// With a percent sign at the end, which is taken off: `46.0%` is 46.
    pub percent: bool,
}

impl NumberStyle {
    /// The plain style first: where two fit, the first does.
    pub(super) const ALL: [NumberStyle; 8] = {
        const fn style(decimal_comma: bool, grouped: bool, percent: bool) -> NumberStyle {
            NumberStyle { decimal_comma, grouped, percent }
        }
        [
            style(false, false, false),
            style(true, false, false),
            style(false, true, false),
            style(true, true, false),
            style(false, false, true),
            style(true, false, true),
            style(false, true, true),
            style(true, true, true),
        ]
    };

    /// A finite number that is written so.
    pub(super) fn parse(self, text: &str) -> Option<f32> {
        if self == NumberStyle::default() {
            return finite_number(text);
        }
        let text = if self.percent { text.strip_suffix('%').unwrap_or(text).trim_end() } else { text };
        if !self.decimal_comma && !self.grouped {
            return finite_number(text);
        }
        let decimal = if self.decimal_comma { ',' } else { '.' };
        let (whole, fraction) = match text.split_once(decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        // A point that is neither before decimals nor between thousands.
        if self.decimal_comma && !self.grouped && text.contains('.') {
            return None;
        }
        let mut plain = if self.grouped { ungrouped(whole, decimal)? } else { whole.to_string() };
        if let Some(fraction) = fraction {
            plain += ".";
            plain += fraction;
        }
        // An exponent or a word (`inf`) is not how a spreadsheet writes these.
        let is_written_so = plain.chars().all(|it| it.is_ascii_digit() || matches!(it, '+' | '-' | '.'));
        finite_number(&plain).filter(|_| is_written_so)
    }
}

/// The digits of a whole number in groups of three, or without groups.
fn ungrouped(whole: &str, decimal: char) -> Option<String> {
    let is_separator = |it: char| matches!(it, ' ' | '\u{A0}' | '\u{202F}' | '\'' | '’' | '.' | ',') && it != decimal;
    let groups: Vec<&str> = whole.split(is_separator).collect();
    let fits = match &groups[..] {
        [_] => true,
        [first, rest @ ..] => {
            let first = first.trim_start_matches(['-', '+']);
            (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3)
        }
        [] => false,
    };
    fits.then(|| groups.concat())
}

/// A number as programs write it.
pub(super) fn finite_number(text: &str) -> Option<f32> {
    text.parse::<f32>().ok().filter(|number| number.is_finite())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn each_style_reads_its_own_numbers_and_no_others() {
        let style = |decimal_comma, grouped, percent| NumberStyle { decimal_comma, grouped, percent };
        for (style, text, expected) in [
            (style(false, false, false), "-2.5e-1", Some(-0.25)),
            (style(false, false, false), "2,5", None),
            (style(true, false, false), "2,5", Some(2.5)),
            (style(true, false, false), "2", Some(2.0)),
            (style(true, false, false), "2.5", None),
            (style(true, true, false), "1.996,50", Some(1996.5)),
            (style(true, true, false), "1\u{202F}996", Some(1996.0)),
            (style(true, true, false), "19.96,50", None),
            (style(false, true, false), "-1,996.5", Some(-1996.5)),
            (style(false, true, false), "1'996", Some(1996.0)),
            (style(false, true, false), "inf", None),
            (style(false, false, true), "46.0%", Some(46.0)),
            (style(true, false, true), "46,5 %", Some(46.5)),
            (style(true, false, false), "NaN", None),
            (style(true, true, false), "1.2,3,4", None),
        ] {
            assert_eq!(style.parse(text), expected, "{style:?} {text}");
        }
    }
}
