//! The sum of the squares of all elements of some tensors, such as all gradients of a model.

use burn::tensor::Tensor;

/// `[1]`, of one tensor or more, outside any graph.
pub fn sum_of_squares(tensors: Vec<Tensor<1>>) -> Tensor<1> {
    #[cfg(feature = "gpu")]
    if !super::is_cpu(&tensors[0].device()) {
        return super::shaders::fold::sum_of_squares(tensors);
    }
    let squares = tensors.into_iter().map(|x| x.square().sum());
    squares.reduce(|sum, squares| sum + squares).expect("something to sum")
}
