//! x·W + b, one matrix product over all rows, forward and twice backward.

use super::{Input, Kernel, Products, elements, row_length, row_major, run, shaped_like};
use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};
use gemm::{Parallelism, gemm};

/// `[.., I]` → `[.., O]`, as `layer.forward(x)`; on a GPU by these products.
pub fn linear<const D: usize>(layer: &Linear, x: Tensor<D>, products: Products) -> Tensor<D> {
    let (weight, bias) = (layer.weight.val(), layer.bias.as_ref().map(Param::val));
    #[cfg(feature = "gpu")]
    if !super::is_cpu(&x.device()) {
        return super::shaders::linear::linear(x, weight, bias, products);
    }
    let _ = products;
    // Of zeros where there is none, whose gradient nobody asks for.
    let bias = bias.unwrap_or_else(|| Tensor::zeros([weight.dims()[1]], &weight.device()));
    apply(x, weight, bias)
}

fn apply<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<D> {
    run([Input::of(x), Input::of(weight), Input::of(bias)], |inputs| {
        let [x, weight, bias] = inputs.map(row_major);
        let (from, to) = (row_length(&x), row_length(&weight));
        let rows = elements(&x).len() / from;
        let mut output = Vec::with_capacity(rows * to);
        (0..rows).for_each(|_| output.extend_from_slice(elements(&bias)));
        add_product(&mut output, Matrix::of(&x, from), Matrix::of(&weight, to));
        let mut shape = x.layout().shape().clone();
        let last = shape.num_dims() - 1;
        shape[last] = to;
        (FlexTensor::from_data(TensorData::new(output, shape)), Backward { x, weight })
    })
}

#[derive(Clone, Debug)]
struct Backward {
    x: FlexTensor,
    weight: FlexTensor,
}

impl Kernel<Flex, 3> for Backward {
    fn backward(self, gradient: FlexTensor, [of_x, of_weight, of_bias]: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let gradient = row_major(gradient);
        let (from, to) = (row_length(&self.x), row_length(&gradient));
        let delta = Matrix::of(&gradient, to);
        let product = |like: &FlexTensor, lhs: Matrix, rhs: Matrix| {
            let mut output = vec![0.0; elements(like).len()];
            add_product(&mut output, lhs, rhs);
            shaped_like(like, output)
        };
        [
            of_x.then(|| product(&self.x, delta, Matrix::of(&self.weight, to).transposed())),
            of_weight.then(|| product(&self.weight, Matrix::of(&self.x, from).transposed(), delta)),
            of_bias.then(|| {
                let mut sums = vec![0.0; to];
                for row in elements(&gradient).chunks_exact(to) {
                    sums.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
                }
                FlexTensor::from_data(TensorData::new(sums, [to]))
            }),
        ]
    }
}

/// Numbers in memory as a matrix.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: isize,
    column_stride: isize,
}

impl Matrix<'_> {
    /// A row-major tensor as rows of `columns`.
    fn of(x: &FlexTensor, columns: usize) -> Matrix<'_> {
        let values = elements(x);
        let rows = values.len() / columns;
        assert_eq!(rows * columns, values.len(), "rows of {columns}");
        Matrix { values, rows, columns, row_stride: columns as isize, column_stride: 1 }
    }

    fn transposed(self) -> Self {
        Matrix {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// Adds lhs·rhs to a row-major output.
fn add_product(output: &mut [f32], lhs: Matrix, rhs: Matrix) {
    let (m, n, k) = (lhs.rows, rhs.columns, lhs.columns);
    assert_eq!(rhs.rows, k, "inner dimensions");
    assert_eq!(output.len(), m * n, "the product's size");
    // SAFETY: both matrices and the output cover exactly the elements that their sizes and strides reach, as asserted
    // here and in `Matrix::of`; the output is borrowed mutably, so it overlaps neither.
    unsafe {
        gemm(
            m,
            n,
            k,
            output.as_mut_ptr(),
            1,
            n as isize,
            true,
            lhs.values.as_ptr(),
            lhs.column_stride,
            lhs.row_stride,
            rhs.values.as_ptr(),
            rhs.column_stride,
            rhs.row_stride,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::tests::compare;
    use super::*;

    #[test]
    fn linear_and_its_gradients_are_those_of_matmul_and_addition() {
        for [b, t, from, to] in [[2, 5, 7, 3], [3, 11, 40, 24], [1, 1, 1, 1]] {
            compare(
                [("x", vec![b, t, from], 1.0), ("weight", vec![from, to], 1.0), ("bias", vec![to], 1.0)],
                |[x, weight, bias]| apply(x.reshape([b, t, from]), weight.reshape([from, to]), bias),
                |[x, weight, bias]| {
                    x.reshape([b, t, from]).matmul(weight.reshape([from, to]).unsqueeze()) + bias.unsqueeze()
                },
            );
        }
    }

    /// Rows that do not follow each other in memory.
    #[test]
    fn linear_of_a_transposed_tensor() {
        compare(
            [("x", vec![4, 6], 1.0), ("weight", vec![4, 3], 1.0), ("bias", vec![3], 1.0)],
            |[x, weight, bias]| apply(x.reshape([4, 6]).transpose(), weight.reshape([4, 3]), bias),
            |[x, weight, bias]| x.reshape([4, 6]).transpose().matmul(weight.reshape([4, 3])) + bias.unsqueeze(),
        );
    }
}
