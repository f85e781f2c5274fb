//! Forward hooks, in the manner of PyTorch's: noise at the dropout sites,
//! and taps on the outputs of layers.

use crate::kernels::Kernels;
use crate::models::site::Site;
use burn::tensor::{Device, Tensor, TensorData};
use std::fmt::Arguments;

/// Asked by [`crate::models::transformer::Model`] at each dropout site and at each layer that has parameters.
pub trait Hooks {
    /// The multipliers of an activation with `shape`, row-major; `None` leaves it as it is.
    fn multipliers(&self, _site: Site, _shape: &[usize]) -> Option<Vec<f32>> {
        None
    }

    /// Sees what goes into the layer whose tensors' canonical names begin with `name`, and what comes out of it; what it returns
    /// goes on in the output's place.
    fn tap(&self, _name: Arguments, _input: &Tensor<3>, output: Tensor<3>) -> Tensor<3> {
        output
    }

    /// Whether it looks at what passes [`Hooks::tap`] or [`Hooks::dropout`]: then neither is computed in one kernel with what follows.
    fn watches(&self) -> bool {
        false
    }

    /// This site's multipliers for an activation of shape `here`, the beginning of one of shape `whole`, as a tensor on `device`.
    fn mask<const D: usize>(
        &self,
        site: Site,
        here: [usize; D],
        whole: [usize; D],
        device: &Device,
    ) -> Option<Tensor<D>>
    where
        Self: Sized,
    {
        let mask = Tensor::from_data(TensorData::new(self.multipliers(site, &whole)?, whole), device);
        Some(if here == whole { mask } else { mask.slice(here.map(|n| 0..n)) })
    }

    /// `x` with this site's noise. Where `x` is only the beginning of an activation along some axes, `whole` is that
    /// activation's shape: an element's noise does not depend on what else is computed.
    fn dropout<const D: usize>(&self, site: Site, x: Tensor<D>, whole: [usize; D]) -> Tensor<D>
    where
        Self: Sized,
    {
        match self.mask(site, x.dims(), whole, &x.device()) {
            Some(mask) => x * mask,
            None => x,
        }
    }
}

/// One forward pass: the hooks in it, and what it computes by.
#[derive(Debug)]
pub struct Pass<'a, H> {
    /// Asked on the way.
    pub hooks: &'a H,
    /// Of the model.
    pub kernels: Kernels,
}

/// No hooks: evaluation, and the plain form of Fisher (docs/method.md, section 1).
#[derive(Debug, Clone, Copy)]
pub struct Off;

impl Hooks for Off {}
