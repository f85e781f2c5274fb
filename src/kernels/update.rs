//! AdamW's update of one parameter, in one pass over the parameter and its moments.

/// PyTorch's defaults; burn's ε is 1e-5.
pub(crate) const BETA_1: f32 = 0.9;
pub(crate) const BETA_2: f32 = 0.999;
pub(crate) const EPSILON: f32 = 1e-8;
/// Against division by a norm of zero, as PyTorch's `clip_grad_norm_`.
pub(crate) const NORM_EPSILON: f64 = 1e-6;

/// The constants of one update, shared by all parameters.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// Multiplies the parameter.
    pub(super) decay: f32,
    /// The learning rate over 1 − β₁ᵗ.
    pub(super) rate: f32,
    /// 1 over 1 − β₂ᵗ.
    pub(super) second_correction: f32,
}

impl Step {
    /// The update number `time`, from 1.
    pub(crate) fn new(learning_rate: f32, weight_decay: f32, time: i32) -> Step {
        Step {
            decay: 1.0 - learning_rate * weight_decay,
            rate: learning_rate / (1.0 - BETA_1.powi(time)),
            second_correction: 1.0 / (1.0 - BETA_2.powi(time)),
        }
    }

    /// p ← decay·p − rate·m / (√(v·correction) + ε) by the gradient times `scale`, in one loop that the compiler turns into vector
    /// instructions.
    pub(crate) fn on_host(self, parameter: &mut [f32], gradient: &[f32], scale: f32, moments: &mut [Vec<f32>; 2]) {
        let [first, second] = moments;
        for (((p, &g), m), v) in parameter.iter_mut().zip(gradient).zip(first).zip(second) {
            let g = g * scale;
            *m = BETA_1 * *m + (1.0 - BETA_1) * g;
            *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
            *p = self.decay * *p - self.rate * *m / ((*v * self.second_correction).sqrt() + EPSILON);
        }
    }
}
