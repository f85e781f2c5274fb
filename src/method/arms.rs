//! The arms of an experiment; [`crate::method::rates`] has the rates that each gives to each dropout site.
//!
//! Beside the paper's arms stand our controls. They tell whether *information* helps, or merely the lower average rate
//! (`uniform-mean`, `shuffled`, `reversed`), the kind of site (`by-kind`), the embeddings alone (`spare-embeddings`), or what a
//! search without Fisher information finds as well (`tuned`).

use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the experiment's arms (docs/method.md, section 4 names them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// [`guided`](crate::method::schedule::guided) rates.
    Guided,
    /// 0.1 at every site: the paper's main baseline. Where models of a family are shipped with other rates, those.
    Standard,
    /// Multiplicative Gaussian noise at every site. The authors' code has σ = p/(1−p) and leaves the noise on during
    /// evaluation; this arm follows Srivastava et al. instead, in training only.
    Gaussian,
    /// No dropout in the encoder.
    None,
    /// Control: everywhere the mean of the guided rates.
    UniformMean,
    /// Control: the guided rates on sites drawn at random, by seed.
    Shuffled,
    /// Control: the guided rates with the highest score given the highest rate.
    Reversed,
    /// Rates edited by hand.
    Custom,
    /// Control: the guided rates averaged within each kind of site. Says whether the ranking *within* a kind matters.
    ByKind,
    /// Control: no dropout at the embeddings, one rate everywhere else, with the mean of the guided rates. Says whether the
    /// embeddings alone explain a difference.
    SpareEmbeddings,
    /// One rate everywhere, chosen on validation data from [`TUNED_RATES`](crate::method::rates::TUNED_RATES): a search without Fisher information.
    Tuned,
}

impl Arm {
    /// Every arm, in the order in which they are listed.
    pub const ALL: [Arm; 11] = [
        Arm::Standard,
        Arm::Guided,
        Arm::UniformMean,
        Arm::Shuffled,
        Arm::Reversed,
        Arm::Gaussian,
        Arm::None,
        Arm::Custom,
        Arm::ByKind,
        Arm::SpareEmbeddings,
        Arm::Tuned,
    ];
    /// The arms that tell why guided dropout is ahead of the standard rate, if it is: only beating both shows that placement matters.
    pub const CONTROLS: [Arm; 2] = [Arm::UniformMean, Arm::Shuffled];
    /// The arms of an experiment that names none.
    pub const DEFAULT: [Arm; 4] = [Arm::Standard, Arm::Guided, Arm::UniformMean, Arm::None];
    /// Those of versions up to 0.2 ([`crate::settings::first`]).
    pub const FIRST_DEFAULT: [Arm; 3] = [Arm::Standard, Arm::Guided, Arm::UniformMean];

    /// The arm's number in result links. It is part of that format: a new arm gets a new number, and none ever changes.
    pub fn code(self) -> u8 {
        match self {
            Arm::Standard => 0,
            Arm::Guided => 1,
            Arm::UniformMean => 2,
            Arm::Shuffled => 3,
            Arm::Reversed => 4,
            Arm::Gaussian => 5,
            Arm::None => 6,
            Arm::Custom => 7,
            Arm::ByKind => 8,
            Arm::SpareEmbeddings => 9,
            Arm::Tuned => 10,
        }
    }

    /// The arm's name in results and URLs.
    pub fn name(self) -> &'static str {
        match self {
            Arm::Guided => "guided",
            Arm::Standard => "standard",
            Arm::Gaussian => "gaussian",
            Arm::None => "none",
            Arm::UniformMean => "uniform-mean",
            Arm::Shuffled => "shuffled",
            Arm::Reversed => "reversed",
            Arm::Custom => "custom",
            Arm::ByKind => "by-kind",
            Arm::SpareEmbeddings => "spare-embeddings",
            Arm::Tuned => "tuned",
        }
    }

    /// Whether its rates are made from the guided ones.
    pub fn needs_fisher(self) -> bool {
        match self {
            Arm::Standard | Arm::Gaussian | Arm::None | Arm::Custom | Arm::Tuned => false,
            Arm::Guided | Arm::UniformMean | Arm::Shuffled | Arm::Reversed | Arm::ByKind | Arm::SpareEmbeddings => true,
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn every_arm_is_listed_once_and_has_a_name_and_a_code_of_its_own() {
        let mut codes = Arm::ALL.map(Arm::code);
        codes.sort_unstable();
        assert!(codes.iter().enumerate().all(|(place, &code)| usize::from(code) == place), "{codes:?}");
        for arm in Arm::ALL {
            assert_eq!(serde_json::to_value(arm).unwrap(), arm.name());
        }
        // "unknown variant `?`, expected one of `guided`, `standard`, …"
        let variants = serde_json::from_str::<Arm>(r#""?""#).unwrap_err().to_string();
        let names: Vec<&str> = variants.split('`').skip(3).step_by(2).collect();
        assert!(names.len() >= Arm::DEFAULT.len(), "{variants}");
        for name in names {
            assert!(Arm::ALL.iter().any(|arm| arm.name() == name), "Arm::ALL lacks {name}");
        }
    }
}
