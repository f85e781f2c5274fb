//! Batched matrix products: of attention, and on software GPU adapters of linear layers too.

use burn::tensor::Tensor;

/// `a: [.., M, K]` times `b: [.., K, N]` → `[.., M, N]`, as `a.matmul(b)`: on a GPU burn's own, or `shaders::tiles` where these suit the
/// device better. Batches that are to be broadcast are burn's on every device.
pub fn matmul<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    #[cfg(feature = "gpu")]
    if !super::is_cpu(&a.device()) && a.dims()[..D - 2] == b.dims()[..D - 2] {
        return super::shaders::product::matmul(a, b);
    }
    a.matmul(b)
}
