//! Names and versions of the files that the lab writes and reads; docs/formats.md describes them.

use serde::Serialize;

/// Format name and version, as they stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Format {
    /// The value of its member `format`.
    pub name: &'static str,
    /// The value of its member `version`; files of earlier versions are read as well.
    pub version: u32,
}

/// An experiment's runs, comparisons and verdict.
pub const RESULTS: Format = Format { name: "guided-dropout-results", version: 2 };
/// `experiment.json` of a zip that the page exports.
pub const EXPERIMENT: Format = Format { name: "guided-dropout-experiment", version: 2 };
/// A plan with its data, which the native program writes for others.
pub const PLAN: Format = Format { name: "guided-dropout-plan", version: 1 };
/// Rates of one arm.
pub const SCHEDULE: Format = Format { name: "guided-dropout-schedule", version: 1 };
/// Losses around the pretrained weights.
pub const LANDSCAPE: Format = Format { name: "guided-dropout-surface", version: 1 };
/// Losses and paths in the plane of two trainings.
pub const TRAJECTORY: Format = Format { name: "guided-dropout-plane", version: 1 };
/// Results in a link's address; there the version alone is written.
pub const LINK: Format = Format { name: "guided-dropout-link", version: 2 };

/// Those that the page reads or writes, by the name that programs know them by.
pub const ALL: [(&str, Format); 6] = [
    ("results", RESULTS),
    ("experiment", EXPERIMENT),
    ("schedule", SCHEDULE),
    ("landscape", LANDSCAPE),
    ("trajectory", TRAJECTORY),
    ("link", LINK),
];
