//! The numbers that GELU's two forms need on every device.

/// Φ(−|x|) is e^(−x²/2) times a smooth function of t = 1/(1 + 0.4·|x|), and this polynomial in t is that function: fitted by
/// weighted least squares to the least relative error for |x| ≤ 13.5: 7e-8, and 3e-7 as f32 rounds.
pub(super) const TAIL: [f32; 9] = [
    -1.276_458_1e-5,
    0.159_920_54,
    0.155_644_34,
    0.159_085_29,
    -0.014_247_191,
    0.254_124_85,
    -0.376_863_66,
    0.202_357,
    -0.040_008_45,
];

/// 2·√(2/π): the slope of the tanh form's exponent at 0.
pub(super) const TANH_SCALE: f32 = 1.595_769;
/// What x³ weighs beside x there.
pub(super) const TANH_CUBIC: f32 = 0.044_715;
