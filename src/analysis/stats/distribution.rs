//! Distribution functions: the normal one, Student's t and the noncentral t, by series and quadrature.

use std::f64::consts::{LN_2, PI};

/// The critical value that |t| exceeds with this probability, at most 0.1, for that many degrees of freedom, at least one.
pub(super) fn t_critical(degrees: usize, significance: f64) -> f64 {
    let nu = degrees as f64;
    let ln_scale = ln_gamma((nu + 1.0) / 2.0) - ln_gamma(nu / 2.0) - 0.5 * (nu * PI).ln();
    let density = |t: f64| (ln_scale - (nu + 1.0) / 2.0 * (t * t / nu).ln_1p()).exp();
    // Newton: the distribution function is concave here, so the steps rise to the root and end. From above it (at a level of more than 0.05
    // and many degrees of freedom) the first one falls below it.
    let mut t = 1.95;
    for _ in 0..50 {
        let step = (1.0 - significance / 2.0 - noncentral_t_cdf(t, degrees, 0.0)) / density(t);
        t += step;
        if step.abs() < 1e-12 * t {
            break;
        }
    }
    t
}

/// P(T ≤ t) of the noncentral t distribution: T = (Z + shift) / U, where Z is normal and U = √(χ²_ν / ν).
///
/// The defining integral ∫ Φ(t·u − shift) f_U(u) du, by Gauss and Legendre's five points on each of 200 panels, over the
/// range outside which f_U is below 1e-16. The integrand is smooth within it: good to about 1e-13.
pub(super) fn noncentral_t_cdf(t: f64, degrees: usize, shift: f64) -> f64 {
    const PANELS: usize = 200;
    /// Abscissas and weights on [−1, 1] (Abramowitz and Stegun, table 25.4).
    const POINTS: [(f64, f64); 5] = [
        (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.0, 0.568_888_888_888_888_9),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.906_179_845_938_664, 0.236_926_885_056_189_1),
    ];
    let nu = degrees as f64;
    // U is near normal with deviation 1 / √(2ν), but with one degree of freedom it is |Z|: hence twice as far there.
    let reach = 9.0 / (2.0 * nu).sqrt() * (1.0 + 1.0 / nu);
    let low = (1.0 - reach).max(0.0);
    let half_panel = (1.0 + reach - low) / PANELS as f64 / 2.0;
    // ln of 2 (ν/2)^(ν/2) / Γ(ν/2)
    let ln_scale = LN_2 + nu / 2.0 * (nu / 2.0).ln() - ln_gamma(nu / 2.0);
    let integrand = |u: f64| (ln_scale + (nu - 1.0) * u.ln() - nu * u * u / 2.0).exp() * normal_cdf(t * u - shift);
    let panel = |index: usize| {
        let middle = low + half_panel * (2 * index + 1) as f64;
        POINTS.iter().map(|(abscissa, weight)| weight * integrand(middle + half_panel * abscissa)).sum::<f64>()
    };
    ((0..PANELS).map(panel).sum::<f64>() * half_panel).clamp(0.0, 1.0)
}

/// Φ by its power series about 0 (Marsaglia 2004), good to 1e-15 absolutely; beyond ±8 it is 0 or 1 to that precision.
fn normal_cdf(x: f64) -> f64 {
    if x.abs() > 8.0 {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut sum, mut term, mut odd) = (x, x, 1.0);
    while term.abs() > sum.abs() * 1e-17 {
        odd += 2.0;
        term *= x * x / odd;
        sum += term;
    }
    0.5 + sum * (-x * x / 2.0).exp() / (2.0 * PI).sqrt()
}

/// ln Γ(x) for x > 0: Stirling's series, reached from small x by Γ(x + 1) = x Γ(x).
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut correction) = (x, 0.0);
    while x < 12.0 {
        correction -= x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series =
        (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)))) / x;
    correction + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series
}
