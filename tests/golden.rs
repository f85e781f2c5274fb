//! Values from Hugging Face transformers and PyTorch (`scripts/golden.py` made them), compared on every device.
//!
//! One body of each test: natively on the CPU, and in a browser's worker on the CPU and on WebGPU. A browser without a
//! WebGPU adapter fails these tests; `webdriver.json` asks for the software adapter.
//!
//! Tolerances, relative to each tensor's largest element. PyTorch's own f32 values lie within 2e-6 of its f64 ones; the
//! CPU is allowed 1e-5, for another order of sums. The GPU is allowed 1e-4: WGSL lets exp, tanh and division be some units
//! in the last place off, and fuses multiply-adds. GELU by tanh, the nearest wrong version, is 8e-4 off.

#[macro_use]
mod common;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use common::{CONFIG, TOKENIZER, WEIGHTS};
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::kernels::gelu;
use guided_dropout_lab::landscape::grid::{Norm, halves};
use guided_dropout_lab::landscape::loss::{self, Direction, GridRow as SurfaceRow, Landscape};
use guided_dropout_lab::landscape::trajectory::Plane;
use guided_dropout_lab::method::fisher::{self, MaskedText};
use guided_dropout_lab::models::bert::{Batch, Model, ModelConfig, cross_entropy, squared_error};
use guided_dropout_lab::models::checkpoint::{self, Checkpoint, HostTensor, NamedTensor, host_tensors, read};
use guided_dropout_lab::models::hooks::{Hooks, Off};
use guided_dropout_lab::models::site::Site;
use guided_dropout_lab::training::adamw::AdamW;
use guided_dropout_lab::training::train::{LearningRateSchedule, Recipe};
use safetensors::SafeTensors;
use serde_json::Value;

const TENSORS: &[u8] = include_bytes!("fixtures/tiny_bert/golden.safetensors");
const SCALARS: &str = include_str!("fixtures/tiny_bert/golden.json");
const LANDSCAPE: &str = include_str!("fixtures/tiny_bert/landscape.json");
const PLANE: &str = include_str!("fixtures/tiny_bert/plane.json");

/// The gradient of a key's bias is 0 in exact arithmetic (softmax ignores a shift): what is stored is rounding noise.
fn is_noise(name: &str) -> bool {
    name.ends_with("attention.self.key.bias")
}

struct Golden {
    tensors: SafeTensors<'static>,
    scalars: Value,
    /// Relative to a tensor's largest element.
    tolerance: f64,
}

impl Golden {
    fn open(device: &Device) -> Golden {
        let tolerance = if *device == Device::flex() { 1e-5 } else { 1e-4 };
        Golden {
            tensors: SafeTensors::deserialize(TENSORS).unwrap(),
            scalars: serde_json::from_str(SCALARS).unwrap(),
            tolerance,
        }
    }

    /// The same values with `times` the tolerance.
    fn relaxed(&self, times: f64) -> Golden {
        let tensors = SafeTensors::deserialize(TENSORS).unwrap();
        Golden { tolerance: times * self.tolerance, tensors, scalars: self.scalars.clone() }
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let view = self.tensors.tensor(name).unwrap_or_else(|_| panic!("no golden {name}"));
        view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    fn integers(&self, name: &str) -> Vec<Vec<i64>> {
        let view = self.tensors.tensor(name).unwrap();
        let columns = view.shape().last().copied().unwrap();
        let flat: Vec<i64> = view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect();
        flat.chunks(columns).map(<[i64]>::to_vec).collect()
    }

    fn number(&self, pointer: &str) -> f64 {
        self.scalars.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no golden {pointer}"))
    }

    fn assert_close(&self, what: &str, ours: &[f32], expected: &[f32]) {
        assert_eq!(ours.len(), expected.len(), "{what}: number of elements");
        let largest = expected.iter().fold(0f64, |m, e| m.max(f64::from(e.abs())));
        let bound = self.tolerance * largest + 1e-7;
        for (i, (o, e)) in ours.iter().zip(expected).enumerate() {
            let error = (f64::from(*o) - f64::from(*e)).abs();
            assert!(error <= bound, "{what}[{i}]: {o} where {e} was expected, {error:e} apart, {bound:e} allowed");
        }
    }

    fn assert_number(&self, what: &str, ours: f64, expected: f64) {
        let bound = self.tolerance * expected.abs();
        assert!((ours - expected).abs() <= bound, "{what}: {ours} where {expected} was expected");
    }

    /// The batch's rows without padding: ids under `name`, type ids, and what masked positions hid.
    fn rows(&self, name: &str) -> Vec<Row> {
        let (ids, mask) = (self.integers(name), self.integers("batch.attention_mask"));
        let (kinds, labels) = (self.integers("batch.token_type_ids"), self.integers("batch.mlm_labels"));
        (0..ids.len())
            .map(|b| {
                let length = mask[b].iter().sum::<i64>() as usize;
                let cut = |row: &[i64]| row[..length].iter().map(|&v| v as u32).collect::<Vec<u32>>();
                let positions: Vec<usize> = (0..length).filter(|&t| labels[b][t] >= 0).collect();
                let targets = positions.iter().map(|&t| labels[b][t] as u32).collect();
                Row { ids: cut(&ids[b]), kinds: cut(&kinds[b]), positions, targets }
            })
            .collect()
    }

    fn class_labels(&self) -> Vec<u32> {
        let view = self.tensors.tensor("batch.class_labels").unwrap();
        view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as u32).collect()
    }
}

struct Row {
    ids: Vec<u32>,
    kinds: Vec<u32>,
    positions: Vec<usize>,
    targets: Vec<u32>,
}

fn batch_of(rows: &[Row], device: &Device) -> Batch {
    let rows: Vec<(&[u32], &[u32])> = rows.iter().map(|r| (r.ids.as_slice(), r.kinds.as_slice())).collect();
    Batch::new(&rows, 0, device)
}

/// Masked positions as they count through the padded batch, and their targets.
fn masked_of(rows: &[Row]) -> (Vec<usize>, Vec<u32>) {
    let t = rows.iter().map(|r| r.ids.len()).max().unwrap();
    let positions = rows.iter().enumerate().flat_map(|(b, r)| r.positions.iter().map(move |p| b * t + p)).collect();
    (positions, rows.iter().flat_map(|r| r.targets.clone()).collect())
}

fn model(outputs: usize, device: &Device) -> Model {
    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    let loaded = Checkpoint::from_bytes(WEIGHTS).unwrap().model(&config, outputs, 0, device).unwrap();
    if outputs == 3 {
        assert!(loaded.drawn.is_empty() && loaded.unused.is_empty(), "{:?} {:?}", loaded.drawn, loaded.unused);
    }
    loaded.model
}

async fn compare_gradients(golden: &Golden, prefix: &str, ours: Vec<NamedTensor>, expected_count: usize) {
    let mut compared = 0;
    for tensor in ours {
        let values = read(tensor.flat).await.unwrap();
        if is_noise(&tensor.name) {
            assert!(values.iter().all(|v| v.abs() < 1e-5), "{}: {values:?}", tensor.name);
        } else {
            golden.assert_close(&tensor.name, &values, &golden.floats(&format!("{prefix}{}", tensor.name)));
        }
        compared += 1;
    }
    assert_eq!(compared, expected_count, "number of gradients");
}

async fn masked_language_model(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let rows = golden.rows("mlm.input_ids");
    let (positions, targets) = masked_of(&rows);
    let logits = model.predict_masked(&batch_of(&rows, &device), &positions, &Off);
    let values = read(logits.clone().inner().flatten::<1>(0, 1)).await.unwrap();
    golden.assert_close("mlm logits", &values, &golden.floats("mlm.logits"));
    let loss = cross_entropy(logits, &targets);
    let gradients = loss.backward();
    let loss = read(loss.inner()).await.unwrap()[0];
    golden.assert_number("mlm loss", f64::from(loss), golden.number("/mlm/loss"));
    compare_gradients(&golden, "mlm.grad.", checkpoint::gradients(&model, &gradients), 42).await;
}

async fn classification(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let rows = golden.rows("batch.input_ids");
    let logits = model.classify(&batch_of(&rows, &device), &Off);
    let values = read(logits.clone().inner().flatten::<1>(0, 1)).await.unwrap();
    golden.assert_close("class logits", &values, &golden.floats("class.logits"));
    let loss = cross_entropy(logits, &golden.class_labels());
    let gradients = loss.backward();
    let loss = read(loss.inner()).await.unwrap()[0];
    golden.assert_number("class loss", f64::from(loss), golden.number("/class/loss"));
    compare_gradients(&golden, "class.grad.", checkpoint::gradients(&model, &gradients), 41).await;
}

/// Rows that need no padding give the same logits alone as beside longer ones: padding is never attended to.
async fn padding_changes_nothing(device: Device) {
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let together = golden.floats("class.logits");
    for (row, expected) in golden.rows("batch.input_ids").into_iter().zip(together.chunks(3)) {
        let alone = model.classify(&batch_of(&[row], &device), &Off);
        golden.assert_close("logits of one row", &read(alone.flatten::<1>(0, 1)).await.unwrap(), expected);
    }
}

/// The classifier's first row as a head of one output, as the golden regression has it.
fn one_output(device: &Device) -> Model {
    let mut checkpoint = Checkpoint::from_bytes(WEIGHTS).unwrap();
    for (name, width) in [("classifier.weight", 16), ("classifier.bias", 1)] {
        let HostTensor { mut shape, mut values } = checkpoint.get(name).unwrap().clone();
        shape[0] = 1;
        values.truncate(width);
        checkpoint.insert(name.into(), HostTensor { shape, values });
    }
    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    let loaded = checkpoint.model(&config, 1, 0, device).unwrap();
    assert!(loaded.drawn.is_empty() && loaded.unused.is_empty(), "{:?} {:?}", loaded.drawn, loaded.unused);
    loaded.model
}

/// Scores, squared error and every gradient of a head of one output.
async fn regression(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let model = one_output(&device);
    let scores = model.classify(&batch_of(&golden.rows("batch.input_ids"), &device), &Off);
    assert_eq!(scores.dims(), [4, 1]);
    let values = read(scores.clone().inner().flatten::<1>(0, 1)).await.unwrap();
    golden.assert_close("scores", &values, &golden.floats("regression.logits"));
    let loss = squared_error(scores, &golden.floats("batch.targets"));
    let gradients = loss.backward();
    let loss = read(loss.inner()).await.unwrap()[0];
    golden.assert_number("squared error", f64::from(loss), golden.number("/regression/loss"));
    compare_gradients(&golden, "regression.grad.", checkpoint::gradients(&model, &gradients), 41).await;
}

/// Eq. 3, element by element; and not the square of the batch's gradient.
async fn fisher_information(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let rows = golden.rows("mlm.input_ids");
    let (mut sums, mut losses): (Vec<(String, Vec<f32>)>, Vec<f32>) = Default::default();
    for (i, row) in rows.iter().enumerate() {
        let batch = batch_of(std::slice::from_ref(row), &device);
        let (loss, squares) = fisher::squared_gradients(&model, &batch, &row.positions, &row.targets);
        losses.extend(read(loss).await.unwrap());
        assert_eq!(squares.len(), 37);
        for (k, tensor) in squares.into_iter().enumerate() {
            let values = read(tensor.flat).await.unwrap();
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
            if !is_noise(&tensor.name) {
                let expected = golden.scalars["fisher"]["per_text_means"][&tensor.name][i].as_f64().unwrap();
                let bound = 4.0 * golden.tolerance * expected; // a square doubles a relative error
                assert!((mean - expected).abs() <= bound, "{}, text {i}: {mean} for {expected}", tensor.name);
            }
            if i == 0 {
                sums.push((tensor.name, values));
            } else {
                sums[k].1.iter_mut().zip(&values).for_each(|(sum, v)| *sum += v);
            }
        }
    }
    texts_together(&golden, &model, &rows, &losses, &device).await;
    for (name, mut sum) in sums {
        sum.iter_mut().for_each(|s| *s /= rows.len() as f32);
        if is_noise(&name) {
            continue;
        }
        golden.assert_close(&name, &sum, &golden.floats(&format!("fisher.{name}")));
        let mean = sum.iter().map(|&v| f64::from(v)).sum::<f64>() / sum.len() as f64;
        let wrong = golden.scalars["fisher_wrong"]["square_of_batch_gradient"][&name].as_f64().unwrap();
        assert!((mean - wrong).abs() > 0.1 * mean, "{name}: {mean} is too near the wrong form's {wrong}");
    }
}

/// The batched form: every text's own mean squares, from one backward pass over texts of different lengths.
async fn texts_together(golden: &Golden, model: &Model, rows: &[Row], losses: &[f32], device: &Device) {
    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    let text = |row: &Row| MaskedText {
        ids: row.ids.clone(),
        type_ids: row.kinds.clone(),
        positions: row.positions.clone(),
        targets: row.targets.clone(),
    };
    let texts: Vec<MaskedText> = rows.iter().map(text).collect();
    let (together, means) = fisher::mean_squares(&model.clone().no_grad(), &config, &texts, device);
    golden.assert_close("losses of the texts", &read(together).await.unwrap(), losses);
    for (name, mean) in fisher::tensor_names(&config).into_iter().zip(means) {
        let ours = read(mean).await.unwrap();
        assert_eq!(ours.len(), rows.len(), "{name}");
        for (i, &mean) in ours.iter().enumerate().filter(|_| !is_noise(&name)) {
            let expected = golden.scalars["fisher"]["per_text_means"][&name][i].as_f64().unwrap();
            let bound = 4.0 * golden.tolerance * expected;
            let apart = (f64::from(mean) - expected).abs();
            assert!(apart <= bound, "{name}, text {i} in a batch: {mean} for {expected}");
        }
    }
}

/// The losses around the pretrained weights, for directions by a formula and for ours, all tensors and each half moved.
async fn loss_surface(device: Device) {
    let golden = Golden::open(&device);
    let model = model(3, &device);
    let checkpoint = Checkpoint::from_bytes(WEIGHTS).unwrap();
    let text =
        |row: Row| MaskedText { ids: row.ids, type_ids: row.kinds, positions: row.positions, targets: row.targets };
    let texts: Vec<MaskedText> = golden.rows("mlm.input_ids").into_iter().map(text).collect();

    // sin(i + 1) and cos(3i + 1), i the flat index, scaled to the tensor's norm; none where there is one dimension.
    let by_formula = |of: fn(f64) -> f64| {
        let part = |name: &str| {
            let tensor = checkpoint.get(name).filter(|t| t.shape.len() > 1)?;
            let raw: Vec<f64> = (0..tensor.values.len()).map(|i| of(i as f64)).collect();
            let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
            let scale = norm(&mut tensor.values.iter().map(|&w| f64::from(w))) / norm(&mut raw.iter().copied());
            let values = raw.iter().map(|v| (v * scale) as f32).collect();
            Some(HostTensor { shape: tensor.shape.clone(), values })
        };
        Direction::new(&model, part, &device)
    };
    let directions = [by_formula(|i| (i + 1.0).sin()), by_formula(|i| (3.0 * i + 1.0).cos())];
    let surface = Landscape::new(model.clone(), directions, texts.clone(), &device).unwrap();
    let factor = |_: &[String]| 1.0;
    compare_losses(&golden, &surface, &golden.scalars["landscape"], factor).await;

    let drawn: Value = serde_json::from_str(LANDSCAPE).unwrap();
    let names = fisher::tensor_names(&ModelConfig::from_bytes(CONFIG).unwrap());
    for (rule, name) in [(Norm::Tensor, "tensor"), (Norm::Total, "total")] {
        let directions = loss::directions(&model, &checkpoint, &names, 5, rule, &device);
        let surface = Landscape::new(model.clone(), directions, texts.clone(), &device).unwrap();
        let factor = |moved: &[String]| loss::factor(&checkpoint, &names, moved, rule);
        compare_losses(&golden, &surface, &drawn[name], factor).await;
    }
    let first = loss::drawn(checkpoint.get("bert.embeddings.word_embeddings.weight").unwrap(), 5, 1, 0);
    let expected: Vec<f32> = drawn["drawn"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect();
    assert_eq!(first.values[..expected.len()], expected, "elements of the second direction of seed 5");

    let means: Vec<(String, f64)> = names
        .iter()
        .map(|name| {
            let texts = golden.scalars["fisher"]["per_text_means"][name].as_array().unwrap();
            (name.clone(), texts.iter().map(|v| v.as_f64().unwrap()).sum())
        })
        .collect();
    let (mut top, mut bottom) = halves(&means);
    top.sort();
    bottom.sort();
    for (half, name) in [(top, "top"), (bottom, "bottom")] {
        assert_eq!(Value::from(half), golden.scalars["landscape"]["tensors"][name], "{name} half");
    }
}

async fn compare_losses(golden: &Golden, surface: &Landscape, expected: &Value, factor: impl Fn(&[String]) -> f64) {
    for (subset, tensors) in golden.scalars["landscape"]["tensors"].as_object().unwrap() {
        let moved: Vec<String> = tensors.as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_string()).collect();
        for (point, loss) in
            expected["points"].as_array().unwrap().iter().zip(expected["losses"][subset].as_array().unwrap())
        {
            let (a, b) = (point[0].as_f64().unwrap(), point[1].as_f64().unwrap());
            let row = SurfaceRow { moved: moved.iter().cloned().collect(), factor: factor(&moved), b };
            let ours = surface.loss(&row, &surface.row(&row), a).await.unwrap();
            golden.assert_number(&format!("loss of {subset} at {a}, {b}"), ours, loss.as_f64().unwrap());
            if (a, b) == (0.0, 0.0) {
                golden.assert_number("the centre", ours, golden.number("/mlm/loss"));
            }
        }
    }
}

/// The task's loss in the plane through a start and two ends, where the ends lie, and a model that lies outside of it.
async fn plane_of_two_ends(device: Device) {
    let golden = Golden { scalars: serde_json::from_str(PLANE).unwrap(), ..Golden::open(&device) };
    let numbers = |pointer: &str| -> Vec<f64> {
        golden.scalars.pointer(pointer).unwrap().as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect()
    };
    let mut start = model(3, &device);
    start.mlm_head = None;
    let tensors = host_tensors(&start).await.unwrap();
    let ends = ["/waves/ends/0", "/waves/ends/1"].map(|waves| moved(&tensors, &numbers(waves)));
    let plane = Plane::new(start.clone(), [&ends[0], &ends[1]], &device).await.unwrap();
    golden.assert_number("the unit", plane.unit(), golden.number("/unit"));
    for (index, end) in plane.ends().into_iter().enumerate() {
        let expected = numbers(&format!("/ends/{index}"));
        golden.assert_number("x of an end", end.x, expected[0]);
        golden.assert_number("y of an end", end.y, expected[1]);
    }

    let config = ModelConfig::from_bytes(CONFIG).unwrap();
    let mut aside = Checkpoint::from_bytes(WEIGHTS).unwrap(); // with its other head: what tells parameters apart counts them
    aside.merge(moved(&tensors, &numbers("/waves/aside")), |_| true);
    let place = plane.place(&aside.model(&config, 3, 1, &device).unwrap().model).await.unwrap();
    let expected = numbers("/aside");
    // Sums of products in f32, and differences of them, on any device.
    for (what, ours, expected) in
        [("x", place.x, expected[0]), ("y", place.y, expected[1]), ("off", place.off, expected[2])]
    {
        assert!((ours - expected).abs() < 1e-4, "{what} of a model off the plane: {ours} for {expected}");
    }

    let batch = batch_of(&golden.rows("batch.input_ids"), &device);
    for (index, expected) in numbers("/losses").into_iter().enumerate() {
        let point = numbers(&format!("/points/{index}"));
        let loss = cross_entropy(plane.at(point[0], point[1]).classify(&batch, &Off), &golden.class_labels());
        let ours = read(loss).await.unwrap()[0];
        golden.assert_number(&format!("loss at {point:?}"), f64::from(ours), expected);
    }
}

/// The tensors moved as scripts/plane_golden.py moves them.
fn moved(tensors: &[(String, HostTensor)], size: &[f64]) -> Checkpoint {
    let mut checkpoint = Checkpoint::default();
    for (name, HostTensor { shape, values }) in tensors {
        let waves = |j: f64| [(0.5 * j + name.len() as f64).sin(), (0.3 * j).cos(), (2.0 * j).sin()];
        let wave = |j: f64| waves(j).iter().zip(size).map(|(wave, size)| wave * size).sum::<f64>();
        let values = values.iter().enumerate().map(|(j, &v)| (f64::from(v) + wave(j as f64)) as f32).collect();
        checkpoint.insert(name.clone(), HostTensor { shape: shape.clone(), values });
    }
    checkpoint
}

/// Ten steps of PyTorch's AdamW under a warm-up and decay, some of them clipped; burn's, and our own for the device.
async fn ten_steps_of_adamw(device: Device) {
    ten_steps(&device, |decay, _| AdamW::on_device(decay)).await;
    ten_steps(&device, AdamW::new).await;
}

/// The same ten steps down the squared error of a head of one output.
async fn ten_steps_of_a_regression(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let batch = batch_of(&golden.rows("batch.input_ids"), &device);
    let targets = golden.floats("batch.targets");
    let loss = |model: &Model| squared_error(model.classify(&batch, &Off), &targets);
    let model = descend(&golden, "/regression/adamw", one_output(&device), AdamW::new, loss, &device).await;
    let scores = read(model.classify(&batch, &Off).inner().flatten::<1>(0, 1)).await.unwrap();
    golden.relaxed(DRIFT).assert_close("scores after ten steps", &scores, &golden.floats("regression.adamw.logits"));
}

async fn ten_steps(device: &Device, adamw: fn(f64, &Device) -> AdamW) {
    let device = device.clone().autodiff();
    let golden = Golden::open(&device);
    let batch = batch_of(&golden.rows("batch.input_ids"), &device);
    let loss = |model: &Model| cross_entropy(model.classify(&batch, &Off), &golden.class_labels());
    let start = model(3, &device);
    let model = descend(&golden, "/adamw", start, adamw, loss, &device).await;
    let mut compared = 0;
    for tensor in checkpoint::parameters(&model) {
        let name = format!("adamw.final.{}", tensor.name);
        let values = read(tensor.flat).await.unwrap();
        compared += 1;
        if !is_noise(&tensor.name) {
            golden.relaxed(DRIFT).assert_close(&name, &values, &golden.floats(&name));
            continue;
        }
        // Noise divided by its own size: no step is longer than its learning rate, but where it goes nobody knows.
        let reach: f64 = golden.scalars["adamw"]["lrs"].as_array().unwrap().iter().map(|lr| lr.as_f64().unwrap()).sum();
        for (ours, theirs) in values.iter().zip(&golden.floats(&name)) {
            assert!(f64::from((ours - theirs).abs()) < 2.0 * reach, "{name}: {ours} for {theirs}");
        }
    }
    assert_eq!(compared, 41);
}

/// Ten updates divide by √v near 0, so rounding grows from step to step.
const DRIFT: f64 = 20.0;

/// Ten steps by the golden recipe; losses, learning rates and norms are those at `pointer`.
async fn descend(
    golden: &Golden,
    pointer: &str,
    mut model: Model,
    adamw: fn(f64, &Device) -> AdamW,
    loss_of: impl Fn(&Model) -> Tensor<1>,
    device: &Device,
) -> Model {
    model.mlm_head = None;
    let number = |name: &str| golden.number(&format!("/adamw/{name}"));
    let (total, warmup) = (number("total_steps"), number("warmup_steps"));
    let recipe = Recipe {
        epochs: total as usize,
        batch_size: 4,
        learning_rate: number("base_lr"),
        schedule: LearningRateSchedule::Linear,
        warmup_share: warmup / total,
        weight_decay: number("weight_decay"),
        clip_norm: number("max_norm"),
    };
    let mut optimizer = adamw(recipe.weight_decay, device);
    for step in 0..total as usize {
        let learning_rate = recipe.learning_rate_at(step, recipe.steps(4));
        assert!((learning_rate - number(&format!("lrs/{step}"))).abs() < 1e-12, "learning rate of step {step}");
        let loss = loss_of(&model);
        let (updated, norm) = optimizer.update(model, &loss, learning_rate, recipe.clip_norm);
        model = updated;
        let values = read(Tensor::cat(vec![loss.inner(), norm], 0)).await.unwrap();
        for (what, ours) in ["losses", "grad_norms"].iter().zip(&values) {
            let expected = golden.number(&format!("{pointer}/{what}/{step}"));
            golden.relaxed(5.0).assert_number(&format!("{what}, step {step}"), f64::from(*ours), expected);
        }
    }
    model
}

/// The golden masks of every site, each 0 or 2.
struct GoldenMasks<'a>(&'a Golden);

impl Hooks for GoldenMasks<'_> {
    fn multipliers(&self, site: Site, shape: &[usize]) -> Option<Vec<f32>> {
        let view = self.0.tensors.tensor(&format!("dropout.mask.{site}")).unwrap();
        assert_eq!(view.shape(), shape, "shape at {site}");
        Some(view.data().iter().map(|&kept| 2.0 * f32::from(kept)).collect())
    }
}

/// Every dropout is where Hugging Face has it: after the softmax, before the residual sum, after the pooler's tanh.
async fn dropout_sites(device: Device) {
    let golden = Golden::open(&device);
    let batch = batch_of(&golden.rows("batch.input_ids"), &device);
    let logits = model(3, &device).classify(&batch, &GoldenMasks(&golden));
    let values = read(logits.flatten::<1>(0, 1)).await.unwrap();
    golden.assert_close("logits under dropout", &values, &golden.floats("dropout.class_logits"));
}

/// GELU and its gradient where shaders overflow and approximations part: `torch.nn.functional.gelu` of these points.
async fn gelu_far_from_zero(device: Device) {
    let device = device.autodiff();
    let golden = Golden::open(&device);
    let points = [-60.0f32, -14.0, -3.0, -0.75, 0.0, 0.5, 2.0, 9.0, 30.0, 60.0];
    let x = Tensor::<1>::from_floats(points, &device).require_grad();
    let y = gelu(x.clone());
    let gradient = x.grad(&y.clone().sum().backward()).unwrap();
    let expected = [0.0, 0.0, -0.004_049_867_4, -0.169_970_47, 0.0, 0.345_731_2, 1.954_5, 9.0, 30.0, 60.0];
    golden.assert_close("gelu", &read(y.inner()).await.unwrap()[..8], &expected[..8]);
    let expected = [0.0, 0.0, -0.011_945_605, 0.000_774_204_73, 0.5, 0.867_495_06, 1.085_231_9, 1.0, 1.0, 1.0];
    golden.assert_close("gelu's gradient", &read(gradient).await.unwrap(), &expected);
}

async fn token_ids(_device: Device) {
    let scalars: Value = serde_json::from_str(SCALARS).unwrap();
    let tokenizer = Tokenizer::from_bytes(TOKENIZER).unwrap();
    let cases = scalars["tokens"].as_array().unwrap();
    assert!(cases.len() >= 14);
    let mut compared = 0;
    for case in cases {
        let max_tokens = case["max_tokens"].as_u64().unwrap() as usize;
        let Ok(cut) = tokenizer.cut_to(max_tokens) else {
            assert!(max_tokens < Tokenizer::FEWEST_TOKENS);
            continue;
        };
        let encoding = cut.encode(case["text"].as_str().unwrap(), case["pair"].as_str()).unwrap();
        let numbers = |key: &str| -> Vec<u32> {
            case[key].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u32).collect()
        };
        assert_eq!(encoding.ids, numbers("ids"), "{case}");
        assert_eq!(encoding.type_ids, numbers("type_ids"), "{case}");
        compared += 1;
    }
    assert!(compared >= 20, "{compared} cases");
}

tests_on!(
    cpu and webgpu:
    token_ids,
    gelu_far_from_zero,
    masked_language_model,
    classification,
    padding_changes_nothing,
    regression,
    fisher_information,
    loss_surface,
    plane_of_two_ends,
    ten_steps_of_adamw,
    ten_steps_of_a_regression,
    dropout_sites,
);
