//! Batched matrix products of attention.

use super::Products;
use burn::tensor::Tensor;

/// `a: [.., M, K]` times `b: [.., K, N]` → `[.., M, N]`, as `a.matmul(b)`: on a GPU in the way that is
/// given. Batches that are to be broadcast are burn's on every device.
pub fn matmul<const D: usize>(a: Tensor<D>, b: Tensor<D>, products: Products) -> Tensor<D> {
    #[cfg(feature = "gpu")]
    if !super::is_cpu(&a.device()) && a.dims()[..D - 2] == b.dims()[..D - 2] {
        return super::shaders::product::matmul(a, b, products);
    }
    let _ = products;
    a.matmul(b)
}
