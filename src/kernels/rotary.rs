//! Rotary positions (Su et al. 2021, arXiv 2104.09864): pairs of elements of a query or a key, turned by an angle that grows with
//! the token's place. The products of queries with keys then depend on how far two tokens are apart.

use super::{Input, Kernel, elements, is_cpu, row_length, row_major, run};
use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

/// `x: [B, H, T, N]` with the elements i and i + N/2 of each row turned by the angle whose cosine and sine, `[T, N/2]`, are given.
pub fn rotate(x: Tensor<4>, cos: Tensor<2>, sin: Tensor<2>) -> Tensor<4> {
    if is_cpu(&x.device()) { fused(x, cos, sin) } else { composed(x, cos, sin) }
}

fn composed(x: Tensor<4>, cos: Tensor<2>, sin: Tensor<2>) -> Tensor<4> {
    let [b, h, t, n] = x.dims();
    let half = |from: usize, to: usize| x.clone().slice([0..b, 0..h, 0..t, from..to]);
    let (first, second) = (half(0, n / 2), half(n / 2, n));
    let [cos, sin] = [cos, sin].map(|it| it.unsqueeze::<4>());
    let turned_first = first.clone() * cos.clone() - second.clone() * sin.clone();
    Tensor::cat(vec![turned_first, second * cos + first * sin], 3)
}

fn fused(x: Tensor<4>, cos: Tensor<2>, sin: Tensor<2>) -> Tensor<4> {
    run([Input::of(x), Input::of(cos), Input::of(sin)], |inputs| {
        let [mut x, cos, sin] = inputs.map(row_major);
        turn(&mut x, &cos, &sin, 1.0);
        (x, Backward { cos, sin })
    })
}

/// Turns every row of `x` in place: onwards by `direction` 1, back by −1.
fn turn(x: &mut FlexTensor, cos: &FlexTensor, sin: &FlexTensor, direction: f32) {
    let (width, half) = (row_length(x), row_length(cos));
    assert_eq!(width, 2 * half, "pairs of elements");
    let (cos, sin) = (elements(cos), elements(sin));
    let values: &mut [f32] = x.storage_mut();
    for text in values.chunks_exact_mut(2 * cos.len()) {
        for ((row, cos), sin) in text.chunks_exact_mut(width).zip(cos.chunks_exact(half)).zip(sin.chunks_exact(half)) {
            let (first, second) = row.split_at_mut(half);
            for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                let sin = direction * sin;
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Backward {
    cos: FlexTensor,
    sin: FlexTensor,
}

impl Kernel<Flex, 3> for Backward {
    /// The same angles back; nobody asks for the gradients of their cosines and sines.
    fn backward(self, gradient: FlexTensor, _: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let mut gradient = row_major(gradient);
        turn(&mut gradient, &self.cos, &self.sin, -1.0);
        [Some(gradient), None, None]
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::tests::{compare, numbers};
    use super::*;

    #[test]
    fn rotation_and_its_gradient_are_those_of_the_plain_form() {
        for [b, h, t, n] in [[2, 3, 5, 8], [1, 1, 1, 2], [3, 2, 7, 6]] {
            let by = |form: fn(Tensor<4>, Tensor<2>, Tensor<2>) -> Tensor<4>| {
                move |[x]: [Tensor<1>; 1]| {
                    let [cos, sin] = [0.0, 1.0].map(|seed| numbers([t, n / 2], 1.0, seed, &x.device()));
                    form(x.reshape([b, h, t, n]), cos, sin)
                }
            };
            compare([("x", vec![b, h, t, n], 2.0)], by(fused), by(composed));
        }
    }
}
