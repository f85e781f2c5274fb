//! Guesses about a file and their reasons, as data. The page words them in the reader's language.

use super::encoding::Encoding;
use super::numbers::NumberStyle;
use super::quotes::Quotes;
use serde::Serialize;

/// One guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Guess {
    /// Whether the first row names the columns.
    Header {
        /// The evidence for it.
        sign: HeaderSign,
        /// The cell that it was seen in; none where nothing, or every asked name, speaks for it.
        cell: Option<String>,
    },
    /// Which column plays a part.
    Column {
        /// Which part.
        part: Part,
        /// The column's name.
        column: String,
        /// By what it was told.
        by: ColumnSign,
        /// How much speaks for it.
        confidence: Confidence,
        /// Other columns that could play the part.
        alternatives: Vec<String>,
    },
    /// The labels are scores.
    Scores {
        /// How many different numbers there are.
        numbers: usize,
    },
    /// Quotes are not read as most files have them: fewer rows fit then.
    Quotes {
        /// How they are read.
        quotes: Quotes,
    },
    /// The first line sets the delimiter (`sep=;`), and is no row.
    SeparatorLine,
    /// Lines before the table that are narrower than it.
    SkippedLines {
        /// One-based lines of the file.
        lines: Vec<u64>,
    },
    /// The header is one name short, as R writes it: the first column holds the names of rows.
    RowNames,
    /// The labels' numbers are not written as programs write them.
    Numbers {
        /// How they are written.
        #[serde(flatten)]
        style: NumberStyle,
    },
    /// The file is not in UTF-8.
    Encoding {
        /// What it is in.
        encoding: Encoding,
    },
    /// How the rows lie in a JSON file that is no plain list of them.
    Form {
        /// Which form it is.
        form: JsonForm,
        /// The field that holds the rows, or the tool that wrote them; empty where there is none.
        name: String,
    },
    /// A text may have several labels: in several columns of ones and zeros, or in lists.
    MultiLabel {
        /// The columns.
        columns: Vec<String>,
    },
    /// Only some of the usable rows are used, drawn by seed.
    Sample {
        /// How many are used.
        kept: usize,
        /// Of how many.
        of: usize,
        /// By which seed; none where they are the first ones.
        seed: Option<u32>,
    },
    /// The file says itself what is for training and what for testing.
    Splits {
        /// The column that says so; none where the rows lie apart.
        column: Option<String>,
        /// Rows for training, validation and testing.
        sizes: [usize; 3],
    },
}

/// How much speaks for a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// As much as against it: the reader has to choose.
    Unsure,
    /// Its looks, or a part of its name.
    Likely,
    /// Its name, which is a usual one, and its looks.
    Sure,
}

/// How the rows lie in a JSON file that is no plain list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonForm {
    /// In a field of the one object.
    Field,
    /// One after another, each over several lines.
    Concatenated,
    /// A list for each column.
    Columns,
    /// An object of cells by row for each column: pandas' `columns`.
    ColumnsByRow,
    /// An object of rows by name: pandas' `index`.
    RowsByName,
    /// Names of columns, and rows as lists: pandas' `split`.
    SplitOrient,
    /// A list for each split.
    Splits,
    /// As an annotation tool exports them.
    Tool,
    /// With objects within the rows, whose fields are columns.
    Nested,
}

/// Evidence that the first row is a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderSign {
    /// It holds a column's name that was given.
    Asked,
    /// A cell of it is a usual name.
    Usual,
    /// A cell of it is unlike what stands below it.
    Unlike,
    /// It is one name short, as R writes it.
    Short,
    /// Nothing: it is data.
    None,
}

/// The role of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The text.
    Text,
    /// The second text.
    Pair,
    /// The label or score.
    Label,
}

/// By what a column was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnSign {
    /// Its name.
    Name,
    /// A word of its name.
    NamePart,
    /// Its texts are the longest.
    Length,
    /// It is the first of two columns of prose.
    FirstProse,
    /// It is the second of two columns of prose.
    SecondProse,
    /// It has few different values, or numbers.
    FewValues,
    /// Its values are the shortest.
    ShortValues,
}
