//! What the ways to compute are timed on ([`crate::kernels::choice`]): layers of a model's own shapes, forward and backward.
//!
//! There is no clock here. Whoever has one asks for rounds of a way's work, waits for the answer, and hands the times to
//! [`Kernels::fastest`](crate::kernels::Kernels::fastest).

use crate::error::Result;
use crate::kernels::choice::Way;
use crate::kernels::{Products, Rows, layer_norm, linear, masked_softmax, matmul};
use crate::models::checkpoint::read;
use crate::models::config::ModelConfig;
use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use serde::Serialize;

/// Texts and tokens of a small batch.
const TEXTS: usize = 2;
const TOKENS: usize = 64;

/// The shapes that matter to the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Workload {
    /// D.
    pub width: usize,
    /// F.
    pub inner: usize,
    /// H.
    pub heads: usize,
}

impl Workload {
    /// Those of a model.
    pub fn of(config: &ModelConfig) -> Workload {
        Workload { width: config.hidden_size, inner: config.intermediate_size, heads: config.num_attention_heads }
    }

    /// Does so many rounds of a way's work on `device` and waits until they are done. Without a round it only waits.
    ///
    /// # Errors
    /// [`ErrorKind::Device`](crate::error::ErrorKind::Device) if the device does not answer.
    pub async fn run(self, way: Way, rounds: usize, device: &Device) -> Result<()> {
        let device = device.clone().autodiff();
        let mut last = Tensor::zeros([1], &device.clone().without_autodiff());
        for _ in 0..rounds {
            last = match way {
                Way::Products(products) => self.products(products, &device),
                Way::Rows(rows) => self.rows(rows, &device),
            };
        }
        read(last).await?; // sync: it is what is waited for
        Ok(())
    }

    /// A feed-forward layer's first half, and attention without its softmax.
    fn products(self, products: Products, device: &Device) -> Tensor<1> {
        let Workload { width, inner, .. } = self;
        let ones = |shape| Tensor::<2>::ones(shape, device).require_grad();
        let bias = Param::from_tensor(Tensor::<1>::ones([inner], device).require_grad());
        let layer = Linear { weight: Param::from_tensor(ones([width, inner])), bias: Some(bias) };
        let gradients = linear(&layer, ones([TEXTS * TOKENS, width]), products).backward();
        let of_weight = layer.weight.val().grad(&gradients).expect("a layer's gradient");

        let query = self.by_head(device);
        let scores = matmul(query.clone(), self.by_head(device).swap_dims(2, 3), products);
        let gradients = matmul(scores, self.by_head(device), products).backward();
        let of_query = query.grad(&gradients).expect("a query's gradient");
        first(of_weight.flatten(0, 1)) + first(of_query.flatten(0, 3))
    }

    /// LayerNorm of a batch's tokens, and attention's softmax.
    fn rows(self, rows: Rows, device: &Device) -> Tensor<1> {
        let [gain, shift] = [0; 2].map(|_| Tensor::<1>::ones([self.width], device).require_grad());
        let x = Tensor::<2>::ones([TEXTS * TOKENS, self.width], device).require_grad();
        let gradients = layer_norm(x.clone(), gain, shift, 1e-5, rows).backward();
        let of_x = x.grad(&gradients).expect("an input's gradient");

        let scores = Tensor::<4>::ones([TEXTS, self.heads, TOKENS, TOKENS], device).require_grad();
        let gradients = masked_softmax(scores.clone(), 0.125, None, rows).backward();
        let of_scores = scores.grad(&gradients).expect("the scores' gradient");
        first(of_x.flatten(0, 1)) + first(of_scores.flatten(0, 3))
    }

    fn by_head(self, device: &Device) -> Tensor<4> {
        Tensor::ones([TEXTS, self.heads, TOKENS, self.width / self.heads], device).require_grad()
    }
}

fn first(x: Tensor<1>) -> Tensor<1> {
    x.slice(0..1)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::kernels::Kernels;

    #[test]
    fn every_way_is_walked_to_its_end() {
        let workload = Workload { width: 8, inner: 12, heads: 2 };
        let device = Device::flex();
        for way in Kernels::usual(&device).ways() {
            for rounds in [0, 1, 2] {
                pollster::block_on(workload.run(way, rounds, &device)).unwrap();
            }
        }
    }
}
