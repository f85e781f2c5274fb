//! Statistics of a column, from which its role is guessed. All rows and all cells count.

use super::MAXIMUM_RATING_LEVELS;
use super::kind::CellKind;
use super::numbers::NumberStyle;
use super::table::{Cell, Row};
use std::cmp::Reverse;
use std::collections::HashSet;

/// Fewer different numbers are classes, whatever they look like: `0.33`, `0.67` and `1` are the agreement of three annotators.
const MINIMUM_SCORE_LEVELS: usize = 5;

/// How many numbers of a column have fractions.
#[derive(Default, Clone, Copy)]
struct Fractions {
    cells: usize,
    /// Those that are no halves.
    others: usize,
}

impl Fractions {
    fn of(numbers: impl Iterator<Item = f32>) -> Fractions {
        numbers.filter(|number| number.fract() != 0.0).fold(Fractions::default(), |found, number| Fractions {
            cells: found.cells + 1,
            others: found.others + usize::from((2.0 * number).fract() != 0.0),
        })
    }
}

/// Statistics of a column.
#[derive(Default)]
pub(super) struct Profile<'a> {
    /// Rows of the table.
    rows: usize,
    pub(super) filled: usize,
    characters: usize,
    words: usize,
    /// How its numbers are written, and how many there are.
    pub(super) style: NumberStyle,
    numbers: usize,
    fractions: Fractions,
    pub(super) distinct: HashSet<&'a str>,
    /// Cells of each kind that is neither text nor label.
    kinds: [usize; CellKind::COUNT],
    /// Cells that hold several labels.
    pub(super) lists: usize,
}

impl<'a> Profile<'a> {
    /// Of a column; `allows_comma`: numbers may have a decimal comma, since commas do not separate fields.
    pub(super) fn of(rows: &'a [Row], column: usize, allows_comma: bool) -> Self {
        let mut profile = Profile { rows: rows.len(), ..Profile::default() };
        let mut numbers = [0_usize; NumberStyle::ALL.len()];
        let cells = || rows.iter().filter_map(|row| row.text(column)).filter(|text| !text.is_empty());
        for text in cells() {
            profile.filled += 1;
            profile.characters += text.chars().count();
            profile.words += text.split_whitespace().count();
            profile.distinct.insert(text);
            if let Some(kind) = CellKind::of(text) {
                profile.kinds[kind as usize] += 1;
            }
            let may_be_number = text.len() < 40 && text.bytes().any(|byte| byte.is_ascii_digit());
            for (style, count) in NumberStyle::ALL.iter().zip(&mut numbers).filter(|_| may_be_number) {
                *count += usize::from((allows_comma || !style.decimal_comma) && style.parse(text).is_some());
            }
        }
        let best = numbers.iter().copied().max().unwrap_or(0);
        // The first that reads as many as the best: a plainer style is not given up for a few odd cells.
        let chosen = numbers.iter().position(|&count| count * 20 >= best * 19).unwrap_or(0);
        (profile.style, profile.numbers) = (NumberStyle::ALL[chosen], numbers[chosen]);
        profile.fractions = Fractions::of(cells().filter_map(|text| profile.style.parse(text)));
        profile.lists =
            rows.iter().filter(|row| matches!(row.cell(column), Some(Cell::List(items)) if items.len() > 1)).count();
        profile.filled += profile.lists;
        profile
    }

    pub(super) fn mean_length(&self) -> f64 {
        self.characters as f64 / self.filled.max(1) as f64
    }

    /// Nine in ten, so that a few bad cells cost rows and do not change the task.
    pub(super) fn is_numeric(&self) -> bool {
        self.filled > 0 && self.numbers * 10 >= self.filled * 9
    }

    /// Numbers with fractions: many different ones, or some of which most have fractions that are no halves, as ratings have.
    pub(super) fn is_score(&self) -> bool {
        let (levels, Fractions { cells, others }) = (self.distinct.len(), self.fractions);
        let has_most = 2 * cells > self.numbers && others > 0 && levels >= MINIMUM_SCORE_LEVELS;
        self.is_numeric() && (has_most || cells > 0 && levels > MAXIMUM_RATING_LEVELS)
    }

    pub(super) fn is_prose(&self) -> bool {
        self.mean_length() >= 20.0 && self.words >= self.filled * 4
    }

    pub(super) fn is_class(&self) -> bool {
        (2..=(self.filled / 2).max(2)).contains(&self.distinct.len()) && !self.is_prose()
    }

    /// Only ones and zeros, as one label of several is written.
    pub(super) fn is_flag(&self) -> bool {
        const FLAGS: [&str; 8] = ["0", "1", "0.0", "1.0", "true", "false", "True", "False"];
        self.distinct.len() == 2 && self.distinct.iter().all(|value| FLAGS.contains(value))
    }

    /// In most rows.
    pub(super) fn is_filled(&self) -> bool {
        self.filled * 2 > self.rows
    }

    /// Whether it could be a text or a label at all: filled in most rows, not the same in all of them, and not full of
    /// dates, addresses or identifiers.
    pub(super) fn can_be_learnt(&self) -> bool {
        let most = |count: usize| count * 10 >= self.filled * 9;
        let varies = self.distinct.len() > 1 || self.lists > 0;
        self.is_filled() && varies && !self.kinds.iter().any(|&count| most(count)) && !self.is_identifier()
    }

    /// One word a row and no two alike, or a whole number of which no two are alike: it names the row.
    fn is_identifier(&self) -> bool {
        let all_differ = self.distinct.len() == self.filled && self.filled > 20;
        all_differ
            && self.words == self.filled
            && self.fractions.cells == 0
            && (self.is_numeric() || self.mean_length() < 40.0)
    }
}

/// The columns that look like labels by their values: few distinct ones first, then scores. Of equals, the last first.
pub(super) fn labels_by_values(profiles: &[Profile<'_>]) -> Vec<usize> {
    let mut candidates: Vec<usize> =
        (0..profiles.len()).filter(|&it| profiles[it].is_class() || profiles[it].is_numeric()).collect();
    candidates.sort_by_key(|&it| {
        let profile = &profiles[it];
        let rank = if profile.is_class() { (0, profile.distinct.len()) } else { (1, usize::from(!profile.is_score())) };
        (rank, Reverse(it))
    });
    candidates
}
