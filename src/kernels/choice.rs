//! Which kernels a GPU computes with where there is more than one way, and the choice between them by time.
//!
//! What suits a GPU depends on the GPU: burn's matrix product is made for hardware, and on a software adapter ten times slower than tiles in
//! registers; of hardware that nobody here has seen, nothing is known. So each way is timed ([`crate::workload`]) by whoever has a clock, and
//! the fastest is taken. All ways give the same numbers within the tolerances of [`crate::selftest`].

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// Ways to a matrix product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Products {
    /// burn's kernel: units of a workgroup share what they load.
    Burn,
    /// Each unit alone, a tile of 16 × 16 in registers.
    Tiles16,
    /// Of 8 × 8.
    Tiles8,
    /// Of 4 × 4.
    Tiles4,
}

/// Ways along rows: softmax and LayerNorm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// burn's operations.
    Burn,
    /// A unit for each row.
    Units,
}

/// One way in one part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", content = "way", rename_all = "snake_case")]
pub enum Way {
    /// Of matrix products.
    Products(Products),
    /// Of softmax and LayerNorm.
    Rows(Rows),
}

/// The ways that a device computes by. A CPU has one of its own for everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernels {
    /// Of matrix products.
    pub products: Products,
    /// Of softmax and LayerNorm.
    pub rows: Rows,
}

/// How much faster than the usual way another has to be: less is noise.
const GAIN: f64 = 0.05;

impl Kernels {
    /// What is taken of a device that has not been timed. Planes no wider than a processor's vectors are the sign of a software adapter: those of
    /// today's GPUs have 8 units or more (of the first Mali Bifrost, of 2016, 4), and a browser that does not tell says 4 to 128.
    pub fn usual(device: &Device) -> Kernels {
        #[cfg(feature = "gpu")]
        if super::shaders::is_software(device) {
            return Kernels { products: Products::Tiles16, rows: Rows::Units };
        }
        let _ = device;
        Kernels { products: Products::Burn, rows: Rows::Burn }
    }

    /// All ways, in the order in which they are timed: where time runs out, the last ones are not.
    pub fn ways(self) -> Vec<Way> {
        let (rival, others) = match self.products {
            Products::Burn => (Products::Tiles4, [Products::Tiles8, Products::Tiles16]),
            _ => (Products::Burn, [Products::Tiles8, Products::Tiles4]),
        };
        let other_rows = if self.rows == Rows::Burn { Rows::Units } else { Rows::Burn };
        let mut ways = vec![Way::Products(self.products), Way::Products(rival)];
        ways.extend([self.rows, other_rows].map(Way::Rows));
        ways.extend(others.map(Way::Products));
        ways
    }

    /// These with another way in its part.
    pub fn with(self, way: Way) -> Kernels {
        match way {
            Way::Products(products) => Kernels { products, ..self },
            Way::Rows(rows) => Kernels { rows, ..self },
        }
    }

    /// These, which are the usual ones, or in each part the fastest way where it is faster than these by a twentieth. Times in any unit, each with its
    /// way; `None` where one was not timed, or failed. Where the usual way failed, the fastest of the others is taken.
    pub fn fastest(self, times: &[(Way, Option<f64>)]) -> Kernels {
        let sound = |time: f64| (time.is_finite() && time > 0.0).then_some(time);
        let timed: Vec<(Way, f64)> =
            times.iter().filter_map(|&(way, time)| Some((way, time.and_then(sound)?))).collect();
        let in_part = |usual: Way| {
            let rivals = timed.iter().filter(|(way, _)| std::mem::discriminant(way) == std::mem::discriminant(&usual));
            let bound =
                timed.iter().find(|(way, _)| *way == usual).map_or(f64::INFINITY, |(_, time)| time * (1.0 - GAIN));
            let fastest = rivals.min_by(|(_, a), (_, b)| a.total_cmp(b));
            fastest.filter(|(_, time)| *time < bound).map_or(usual, |(way, _)| *way)
        };
        let [products, rows] = [Way::Products(self.products), Way::Rows(self.rows)].map(in_part);
        self.with(products).with(rows)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    const HARDWARE: Kernels = Kernels { products: Products::Burn, rows: Rows::Burn };
    const SOFTWARE: Kernels = Kernels { products: Products::Tiles16, rows: Rows::Units };

    /// An adapter that takes so long for each way, in their order.
    fn played(usual: Kernels, times: [Option<f64>; 6]) -> Kernels {
        usual.fastest(&usual.ways().into_iter().zip(times).collect::<Vec<_>>())
    }

    #[test]
    fn an_adapter_takes_the_fastest_way_of_each_part() {
        for usual in [HARDWARE, SOFTWARE] {
            let ways = usual.ways();
            for (place, &way) in ways.iter().enumerate() {
                let times = std::array::from_fn(|i| Some(if i == place { 1.0 } else { 2.0 }));
                assert_eq!(played(usual, times), usual.with(way), "{way:?} is the fastest");
            }
        }
        let both = played(HARDWARE, [9.0, 8.0, 3.0, 1.0, 7.0, 8.0].map(Some));
        assert_eq!(both, Kernels { products: Products::Tiles8, rows: Rows::Units });
    }

    #[test]
    fn a_tie_or_noise_leaves_what_is_usual() {
        for usual in [HARDWARE, SOFTWARE] {
            assert_eq!(played(usual, [Some(5.0); 6]), usual);
            assert_eq!(played(usual, [5.0, 4.8, 5.0, 4.8, 4.8, 4.8].map(Some)), usual, "4 % are noise");
            assert_ne!(played(usual, [5.0, 4.7, 5.0, 5.0, 5.0, 5.0].map(Some)), usual, "6 % are not");
        }
    }

    #[test]
    fn a_way_that_fails_is_not_taken() {
        let failing = [None, Some(f64::NAN), Some(f64::INFINITY), Some(0.0), Some(-1.0)];
        for failed in failing {
            let found = played(HARDWARE, [Some(5.0), failed, Some(5.0), failed, failed, failed]);
            assert_eq!(found, HARDWARE, "{failed:?}");
            let found = played(HARDWARE, [failed, Some(7.0), failed, Some(7.0), Some(6.0), failed]);
            assert_eq!(found, Kernels { products: Products::Tiles8, rows: Rows::Units }, "usual ways: {failed:?}");
            assert_eq!(played(SOFTWARE, [failed; 6]), SOFTWARE, "nothing was timed");
        }
        assert_eq!(HARDWARE.fastest(&[]), HARDWARE);
    }

    #[test]
    fn each_way_is_timed_once_and_names_itself() {
        for usual in [HARDWARE, SOFTWARE] {
            let ways = usual.ways();
            assert_eq!((ways[0], ways[2]), (Way::Products(usual.products), Way::Rows(usual.rows)));
            assert!(ways.iter().all(|way| ways.iter().filter(|other| *other == way).count() == 1));
        }
        let words = serde_json::to_string(&Way::Products(Products::Tiles16)).unwrap();
        assert_eq!(words, r#"{"part":"products","way":"tiles16"}"#);
    }
}
