//! Kernels of our own against burn's operations on the same device: results and gradients, of shapes that fill no tile.
//!
//! Which of the two a GPU takes depends on it. So on the software adapter this tests ours, and burn's beside them, which are what
//! real GPUs take for products, softmax and LayerNorm.

#[macro_use]
mod common;

use burn::tensor::{Bool, Device, Tensor, TensorData, activation, module};
use guided_dropout_lab::kernels::{layer_norm, masked_softmax, matmul};
use guided_dropout_lab::models::checkpoint::read;

/// Numbers of a fixed sequence, between −`size` and `size`.
fn wave(count: usize, size: f32, device: &Device) -> Tensor<1> {
    let values: Vec<f32> = (0..count).map(|i| size * ((i * i % 4099) as f32 * 0.37 + i as f32).sin()).collect();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// Both ways' output and gradients, as shares of the largest number.
async fn compare<const N: usize, const D: usize>(
    what: &str,
    inputs: [(usize, f32); N],
    device: &Device,
    ours: impl Fn([Tensor<1>; N]) -> Tensor<D>,
    burns: impl Fn([Tensor<1>; N]) -> Tensor<D>,
) {
    let device = device.clone().autodiff();
    let inputs = inputs.map(|(count, size)| wave(count, size, &device).require_grad());
    let parts = |output: Tensor<D>| {
        let output: Tensor<1> = output.flatten(0, D - 1);
        let weights = wave(output.dims()[0] + 1, 1.0, &device).slice(1..output.dims()[0] + 1);
        let gradients = (output.clone() * weights).sum().backward();
        let gradient = |x: &Tensor<1>| x.grad(&gradients).expect("an output that depends on its inputs");
        let mut parts: Vec<Tensor<1>> = inputs.iter().map(gradient).collect();
        parts.push(output.inner());
        parts
    };
    let (ours, burns) = (parts(ours(inputs.clone())), parts(burns(inputs.clone())));
    for (part, (ours, burns)) in ours.into_iter().zip(burns).enumerate() {
        let (ours, burns) = (read(ours).await.unwrap(), read(burns).await.unwrap());
        assert_eq!(ours.len(), burns.len(), "{what}, part {part}");
        let largest = burns.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        for (i, (a, b)) in ours.iter().zip(&burns).enumerate() {
            assert!((a - b).abs() <= 2e-5 * largest, "{what}, part {part}, element {i}: {a} for {b} of {largest}");
        }
    }
}

async fn products(device: Device) {
    type Pair<const D: usize> = (Tensor<D>, Tensor<D>);
    async fn both<const D: usize>(
        what: &str,
        counts: [usize; 2],
        device: &Device,
        shaped: impl Fn([Tensor<1>; 2]) -> Pair<D>,
    ) {
        let ours = |inputs| Some(shaped(inputs)).map(|(a, b)| matmul(a, b)).unwrap();
        let burns = |inputs| Some(shaped(inputs)).map(|(a, b)| a.matmul(b)).unwrap();
        compare(what, counts.map(|count| (count, 1.0)), device, ours, burns).await;
    }
    for [outer, batch, m, k, n] in
        [[1, 1, 1, 1, 1], [2, 3, 17, 12, 33], [1, 2, 16, 7, 64], [3, 1, 40, 64, 5], [1, 1, 3, 130, 129]]
    {
        let what = format!("{outer}·{batch} times {m}×{k} by {k}×{n}");
        let counts = [outer * batch * m * k, outer * batch * k * n];
        both(&what, counts, &device, |[a, b]| (a.reshape([outer, batch, m, k]), b.reshape([outer, batch, k, n]))).await;
        let what = format!("{what}, memory in another order than the axes");
        both(&what, counts, &device, |[a, b]| {
            let a = a.reshape([k, batch, m, outer]).permute([3, 1, 2, 0]);
            (a, b.reshape([outer, n, batch, k]).permute([0, 2, 3, 1]))
        })
        .await;
    }
    both("a batch that is broadcast", [60, 24], &device, |[a, b]| (a.reshape([3, 5, 4]), b.reshape([1, 4, 6]))).await;
}

async fn rows(device: Device) {
    for (b, heads, q, t, size) in [(2, 3, 5, 5, 1.0), (3, 2, 19, 19, 30.0), (1, 1, 1, 1, 1.0), (2, 1, 2, 9, 3.0)] {
        let padding: Vec<bool> = (0..b * t).map(|i| i / t == 1 && i % t > t / 2).collect();
        let later: Vec<bool> = (0..q * t).map(|i| i % t > i / t).collect();
        let nearby: Vec<bool> = (0..b * q * t).map(|i: usize| (i / t % q).abs_diff(i % t) > i / (q * t)).collect();
        let masks = [(padding, [b, 1, 1, t]), (later, [1, 1, q, t]), (nearby, [b, 1, q, t])].map(Some);
        for mask in std::iter::once(None).chain(masks) {
            let hidden = |device: &Device| -> Option<Tensor<4, Bool>> {
                let (values, shape) = mask.clone()?;
                Some(Tensor::from_data(TensorData::new::<bool, _>(values, shape), device))
            };
            compare(
                &format!("softmax of {b}·{heads}·{q} rows of {t}, mask {:?}", mask.as_ref().map(|(_, shape)| shape)),
                [(b * heads * q * t, size)],
                &device,
                |[x]| masked_softmax(x.clone().reshape([b, heads, q, t]), 0.3, hidden(&x.device()).as_ref()),
                |[x]| {
                    let mut scores = x.clone().reshape([b, heads, q, t]) * 0.3;
                    if let Some(hidden) = hidden(&x.device()) {
                        scores = scores.mask_fill(hidden.expand([b, heads, q, t]), f32::MIN);
                    }
                    activation::softmax(scores, 3)
                },
            )
            .await;
        }
    }
    for (rows, width) in [(5, 33), (3, 8), (70, 256)] {
        compare(
            &format!("LayerNorm of {rows} rows of {width}"),
            [(rows * width, 3.0), (width, 1.0), (width, 1.0)],
            &device,
            |[x, gamma, beta]| layer_norm(x.reshape([rows, width]), gamma, beta, 1e-5),
            |[x, gamma, beta]| module::layer_norm(x.reshape([rows, width]), gamma, Some(beta), 1e-5),
        )
        .await;
    }
}

tests_on!(cpu and webgpu: products, rows);
