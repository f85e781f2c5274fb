//! LayerNorm.

use crate::kernels::{self, Rows};
use crate::models::hooks::{Hooks, Pass};
use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};
use std::fmt::Arguments;

/// LayerNorm over the last axis.
#[derive(Module, Debug)]
pub struct LayerNorm {
    gamma: Param<Tensor<1>>,
    /// Not in families without biases.
    beta: Option<Param<Tensor<1>>>,
    epsilon: f64,
}

impl LayerNorm {
    /// Gains of one and, where it `has_bias`, shifts of zero.
    pub fn new(width: usize, epsilon: f64, has_bias: bool, device: &Device) -> LayerNorm {
        let constant = |initializer: Initializer| initializer.init([width], device);
        let beta = has_bias.then(|| constant(Initializer::Zeros));
        LayerNorm { gamma: constant(Initializer::Ones), beta, epsilon }
    }

    /// `x`, each row centred and scaled; on a GPU in the way that is given.
    pub fn forward<const N: usize>(&self, x: Tensor<N>, rows: Rows) -> Tensor<N> {
        let [gamma, beta] = self.weights();
        kernels::layer_norm(x, gamma, beta, self.epsilon, rows)
    }

    /// x·`noise` + `residual`, each row centred and scaled.
    pub fn forward_sum<const N: usize>(&self, both: [Tensor<N>; 2], noise: Option<Tensor<N>>, rows: Rows) -> Tensor<N> {
        let [gamma, beta] = self.weights();
        kernels::layer_norm_of_sum(both, noise, gamma, beta, self.epsilon, rows)
    }

    fn weights(&self) -> [Tensor<1>; 2] {
        let gamma = self.gamma.val();
        let beta = self.beta.as_ref().map_or_else(|| gamma.zeros_like(), |beta| beta.val());
        [gamma, beta]
    }
}

/// `x` through a LayerNorm of this name where there is one, else as it is.
pub(super) fn normed(norm: Option<&LayerNorm>, name: Arguments, x: Tensor<3>, pass: &Pass<impl Hooks>) -> Tensor<3> {
    match norm {
        Some(norm) => pass.hooks.tap(name, &x, norm.forward(x.clone(), pass.kernels.rows)),
        None => x,
    }
}
