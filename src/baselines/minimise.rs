//! The minimum of a smooth convex function by L-BFGS (Nocedal and Wright 2006, algorithm 7.5), with a backtracking line search.

use std::collections::VecDeque;

/// Steps whose curvature is remembered.
const MEMORY: usize = 10;
/// Armijo's constant: the share of the predicted decrease that a step must bring.
const DECREASE: f64 = 1e-4;
/// Halvings of a step before it is given up: nothing is left to gain but rounding.
const HALVINGS: usize = 50;

/// Goes downhill from `x` until no partial derivative is larger than `tolerance`, no step gains anything, or `iterations` are over. Returns the
/// place. `value` gives the function's value and writes its gradient.
pub fn minimise(
    mut x: Vec<f64>,
    tolerance: f64,
    iterations: usize,
    mut value: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut gradient = vec![0.0; x.len()];
    let mut here = value(&x, &mut gradient);
    let mut memory: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    for _ in 0..iterations {
        if gradient.iter().all(|g| g.abs() <= tolerance) {
            break;
        }
        let direction = direction(&gradient, &memory);
        let slope = dot(&direction, &gradient);
        // Before any curvature is known, a step as long as the gradient could lead anywhere.
        let mut step = if memory.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt().max(1.0) } else { 1.0 };
        let mut there_gradient = vec![0.0; x.len()];
        let found = (0..HALVINGS).find_map(|_| {
            let there: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            let reached = value(&there, &mut there_gradient);
            let is_enough = reached <= here + DECREASE * step * slope;
            step /= 2.0;
            is_enough.then_some((there, reached))
        });
        let Some((there, reached)) = found else { break };
        let moved: Vec<f64> = there.iter().zip(&x).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = there_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        if dot(&moved, &turned) > 0.0 {
            if memory.len() == MEMORY {
                memory.pop_front();
            }
            memory.push_back((moved, turned));
        }
        (x, here, gradient) = (there, reached, there_gradient);
    }
    x
}

/// The two-loop recursion: minus the approximate inverse Hessian times the gradient.
fn direction(gradient: &[f64], memory: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut q = gradient.to_vec();
    let mut alphas = Vec::with_capacity(memory.len());
    for (moved, turned) in memory.iter().rev() {
        let alpha = dot(moved, &q) / dot(moved, turned);
        add(&mut q, -alpha, turned);
        alphas.push(alpha);
    }
    if let Some((moved, turned)) = memory.back() {
        let scale = dot(moved, turned) / dot(turned, turned);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((moved, turned), alpha) in memory.iter().zip(alphas.into_iter().rev()) {
        let beta = dot(turned, &q) / dot(moved, turned);
        add(&mut q, alpha - beta, moved);
    }
    q.iter_mut().for_each(|q| *q = -*q);
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], factor: f64, of: &[f64]) {
    to.iter_mut().zip(of).for_each(|(to, of)| *to += factor * of);
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn a_bowl_300_times_as_steep_in_one_direction_has_its_minimum_where_it_is() {
        let scales: Vec<f64> = (0..30).map(|i| 10f64.powf(f64::from(i) / 12.0)).collect();
        let found = minimise(vec![0.0; 30], 1e-9, 1000, |x, gradient| {
            let mut sum = 0.0;
            for (i, scale) in scales.iter().enumerate() {
                let off = x[i] - i as f64;
                gradient[i] = scale * off;
                sum += scale * off * off / 2.0;
            }
            sum
        });
        for (i, x) in found.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-7, "{i}: {x}");
        }
    }
}
