//! Kernels of our own against burn's operations on the same device: results and gradients, of shapes that fill no tile.
//!
//! Which way a GPU takes depends on what it is timed at. So every way is tested on every device. What is folded over long axes is compared with sums in f64 on the host.

#[macro_use]
mod common;

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Bool, Device, Tensor, TensorData, activation, module};
use guided_dropout_lab::kernels::{
    Products, Rows, layer_norm, layer_norm_of_sum, linear, log_softmax, masked_softmax, matmul, noisy_softmax,
    sum_of_squares, tanh,
};
use guided_dropout_lab::models::checkpoint::read;

/// Numbers of a fixed sequence, between −`size` and `size`.
fn numbers(count: usize, size: f32) -> Vec<f32> {
    (0..count).map(|i| size * ((i % 4099 * (i % 4099) % 4099) as f32 * 0.37 + i as f32).sin()).collect()
}

fn wave(count: usize, size: f32, device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(numbers(count, size), [count]), device)
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

const PRODUCTS: [Products; 4] = [Products::Burn, Products::Tiles16, Products::Tiles8, Products::Tiles4];

async fn products(device: Device) {
    type Pair<const D: usize> = (Tensor<D>, Tensor<D>);
    async fn both<const D: usize>(
        what: &str,
        counts: [usize; 2],
        device: &Device,
        shaped: impl Fn([Tensor<1>; 2]) -> Pair<D>,
    ) {
        for by in PRODUCTS {
            let ours = |inputs| Some(shaped(inputs)).map(|(a, b)| matmul(a, b, by)).unwrap();
            let burns = |inputs| Some(shaped(inputs)).map(|(a, b)| a.matmul(b)).unwrap();
            compare(&format!("{what}, {by:?}"), counts.map(|count| (count, 1.0)), device, ours, burns).await;
        }
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
                |[x]| {
                    masked_softmax(x.clone().reshape([b, heads, q, t]), 0.3, hidden(&x.device()).as_ref(), Rows::Units)
                },
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
            |[x, gamma, beta]| layer_norm(x.reshape([rows, width]), gamma, beta, 1e-5, Rows::Units),
            |[x, gamma, beta]| module::layer_norm(x.reshape([rows, width]), gamma, Some(beta), 1e-5),
        )
        .await;
    }
}

/// What stands around softmax and LayerNorm in a layer, in one kernel with them.
async fn fused_rows(device: Device) {
    for (b, heads, q, t) in [(2, 3, 5, 7), (1, 1, 1, 1), (2, 1, 19, 19)] {
        let shape = [b, heads, q, t];
        let noise = |x: &Tensor<1>| wave(b * heads * q * t, 2.0, &x.device()).reshape(shape);
        let hidden = |x: &Tensor<1>| -> Tensor<4, Bool> {
            let hidden: Vec<bool> = (0..b * t).map(|i| i / t == 1 && i % t > t / 2).collect();
            Tensor::from_data(TensorData::new::<bool, _>(hidden, [b, 1, 1, t]), &x.device())
        };
        let by = |rows: Rows| {
            move |[x]: [Tensor<1>; 1]| {
                noisy_softmax(x.clone().reshape(shape), 0.3, Some(&hidden(&x)), Some(noise(&x)), rows)
            }
        };
        let what = format!("softmax of {shape:?} with noise");
        compare(&what, [(b * heads * q * t, 3.0)], &device, by(Rows::Units), by(Rows::Burn)).await;
    }
    for (rows, width, is_noisy) in [(5, 33, true), (5, 33, false), (3, 8, true), (70, 256, true)] {
        let inputs = [(rows * width, 3.0), (rows * width, 2.0), (width, 1.0), (width, 1.0)];
        let by = |by: Rows| {
            move |[x, residual, gamma, beta]: [Tensor<1>; 4]| {
                let noise = is_noisy.then(|| wave(rows * width, 2.0, &x.device()).reshape([rows, width]));
                let residual = residual.reshape([width, rows]).transpose(); // so that no two inputs are alike
                layer_norm_of_sum([x.reshape([rows, width]), residual], noise, gamma, beta, 1e-5, by)
            }
        };
        let what = format!("LayerNorm of a sum of {rows} rows of {width}, noise: {is_noisy}");
        compare(&what, inputs, &device, by(Rows::Units), by(Rows::Burn)).await;
    }
    compare("tanh", [(1003, 30.0)], &device, |[x]| tanh(x), |[x]| x.clamp(-10.0, 10.0).tanh()).await;
}

/// Around the ends of stages, and above 65,536, where a driver may end a loop.
const LENGTHS: [usize; 10] = [1, 255, 256, 257, 65_536, 65_537, 70_001, 131_073, 1_048_576, 10_000_019];

async fn sums_of_squares(device: Device) {
    let expected = |count: usize| numbers(count, 1.0).iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
    for count in LENGTHS {
        let found = f64::from(read(sum_of_squares(vec![wave(count, 1.0, &device)])).await.unwrap()[0]);
        let expected = expected(count);
        assert!((found - expected).abs() <= 1e-5 * expected, "{count} elements: {found} for {expected}");
    }
    // Together, one of them in memory of another order than its axes.
    let turned = wave(300 * 7, 1.0, &device).reshape([300, 7]).transpose().flatten::<1>(0, 1);
    let several = vec![wave(1, 1.0, &device), wave(70_001, 1.0, &device), turned, wave(256, 1.0, &device)];
    let found = f64::from(read(sum_of_squares(several)).await.unwrap()[0]);
    let expected: f64 = [1, 70_001, 300 * 7, 256].map(expected).iter().sum();
    assert!((found - expected).abs() <= 1e-6 * expected, "several tensors: {found} for {expected}");
}

/// As many classes as a task has, and as many words as a vocabulary: values and gradients. The exponentials of the larger logits are no f32.
async fn log_softmaxes(device: Device) {
    let shapes = [([5, 2], 5.0), ([3, 257], 5.0), ([3, 257], 200.0), ([2, 65_537], 5.0), ([1, 131_073], 5.0)];
    for ([rows, classes], size) in shapes {
        let logits = wave(rows * classes, size, &device.clone().autodiff()).require_grad();
        let output = log_softmax(logits.clone().reshape([rows, classes]));
        let weights = numbers(rows * classes, 1.0);
        let weighed: Tensor<2> = Tensor::from_data(TensorData::new(weights.clone(), [rows, classes]), &output.device());
        let gradients = (output.clone() * weighed).sum().backward();
        let output = read(output.inner().flatten::<1>(0, 1)).await.unwrap();
        let gradient = read(logits.grad(&gradients).unwrap()).await.unwrap();

        for row in 0..rows {
            let of_row = row * classes..(row + 1) * classes;
            let logits: Vec<f64> = numbers(rows * classes, size)[of_row.clone()].iter().map(|&x| x.into()).collect();
            let logarithm = logits.iter().map(|x| x.exp()).sum::<f64>().ln();
            let total: f64 = weights[of_row.clone()].iter().map(|&g| f64::from(g)).sum();
            for (i, place) in of_row.enumerate() {
                let expected = logits[i] - logarithm;
                let what = format!("{rows} rows of {classes} within ±{size}, element {i} of row {row}");
                assert!((f64::from(output[place]) - expected).abs() <= 1e-5 * logarithm, "{what}: {}", output[place]);
                let expected = f64::from(weights[place]) - expected.exp() * total;
                assert!((f64::from(gradient[place]) - expected).abs() <= 1e-5, "{what}, gradient: {}", gradient[place]);
            }
        }
    }
}

/// Gradients of a linear layer, which sum over all rows of a batch.
async fn linear_layers(device: Device) {
    const FROM: usize = 3;
    const TO: usize = 5;
    let all = [(1, true), (257, true), (257, false), (65_537, true)];
    for (by, (rows, is_biased)) in PRODUCTS.into_iter().flat_map(|by| all.map(|it| (by, it))) {
        let device = device.clone().autodiff();
        let weight = wave(FROM * TO, 1.0, &device).reshape([FROM, TO]).detach().require_grad();
        let bias = wave(TO, 1.0, &device).require_grad();
        let layer = Linear { weight: Param::from_tensor(weight), bias: is_biased.then(|| Param::from_tensor(bias)) };
        let output = linear(&layer, wave(rows * FROM, 1.0, &device).reshape([1, rows, FROM]), by);
        let delta = numbers(rows * TO, 1.0);
        let weighed: Tensor<3> = Tensor::from_data(TensorData::new(delta.clone(), [1, rows, TO]), &device);
        let gradients = (output * weighed).sum().backward();

        let x = numbers(rows * FROM, 1.0);
        let over_rows = |of_row: &dyn Fn(usize) -> f64| (0..rows).map(of_row).sum::<f64>();
        let delta_at = |row: usize, o: usize| f64::from(delta[row * TO + o]);
        let gradient = layer.weight.val().grad(&gradients).unwrap().flatten::<1>(0, 1);
        for (place, found) in read(gradient).await.unwrap().into_iter().enumerate() {
            let (i, o) = (place / TO, place % TO);
            let expected = over_rows(&|row| f64::from(x[row * FROM + i]) * delta_at(row, o));
            let bound = 1e-5 * (rows as f64).sqrt();
            assert!(
                (f64::from(found) - expected).abs() <= bound,
                "{by:?}, {rows} rows, weight {i}, {o}: {found} for {expected}"
            );
        }
        let Some(bias) = layer.bias else { continue };
        for (o, found) in read(bias.val().grad(&gradients).unwrap()).await.unwrap().into_iter().enumerate() {
            let expected = over_rows(&|row| delta_at(row, o));
            let bound = 1e-5 * (rows as f64).sqrt();
            assert!(
                (f64::from(found) - expected).abs() <= bound,
                "{by:?}, {rows} rows, bias {o}: {found} for {expected}"
            );
        }
    }
}

tests_on!(cpu and webgpu: products, rows, fused_rows, sums_of_squares, log_softmaxes, linear_layers);
