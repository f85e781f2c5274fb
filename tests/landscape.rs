//! Loss surfaces as jobs, on a tiny model: any lab computes any strip, in any order, to the same numbers.

#[macro_use]
mod common;

use burn::tensor::Device;
use common::{CONFIG, PROSE, TOKENIZER, WEIGHTS, finish, fisher_texts};
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, JobKind, StepLengths};
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::landscape::grid::{Norm, Settings, Subset};
use guided_dropout_lab::landscape::loss;
use guided_dropout_lab::method::fisher::{self, TensorFisher, TextFisher};
use guided_dropout_lab::models::checkpoint::{self, Checkpoint, HostTensor};
use guided_dropout_lab::models::family::Family;
use std::collections::BTreeMap;

type Surface = BTreeMap<(String, usize, usize), f64>;

fn lab(device: Device) -> Lab {
    let mut lab = Lab::new(device);
    lab.load_model("tiny", CONFIG, WEIGHTS, TOKENIZER).unwrap();
    lab.set_corpus(PROSE);
    lab
}

fn config() -> Config {
    RawConfig { max_tokens: 24, ..RawConfig::default() }.check().unwrap()
}

fn settings(norm: Norm) -> Settings {
    Settings { points: 9, range: 1.0, seed: 3, texts: 3, norm }
}

async fn tensors(lab: &mut Lab) -> (Vec<TensorFisher>, Vec<TextFisher>) {
    let texts = fisher_texts(lab, &config(), 0, 3).await;
    (fisher::estimate(&lab.tensor_names().unwrap(), &texts).unwrap().tensors, texts)
}

async fn compute(lab: &mut Lab, jobs: impl Iterator<Item = &Job>) -> Surface {
    let mut surface = Surface::new();
    for job in jobs {
        let JobKind::Landscape { subset, row, columns, .. } = &job.kind else { panic!("{job:?}") };
        let events = finish(lab, &config(), job, None, 3).await;
        assert!(matches!(events.last(), Some(Event::LandscapeDone)));
        let mut done = Vec::new();
        for event in events {
            if let Event::LandscapePoint { column, loss } = event {
                done.push(column);
                assert_eq!(
                    surface.insert((format!("{subset:?}"), *row, column), loss.unwrap()),
                    None,
                    "{subset:?} {row} {column}"
                );
            }
        }
        assert_eq!(done, *columns);
    }
    surface
}

/// Two losses differ by far more than rounding.
fn assert_apart(one: f64, other: f64) {
    assert!((one - other).abs() > 1e-3 * one, "{one} and {other}");
}

async fn order_and_lab_change_nothing(device: Device) {
    let mut first = lab(device.clone());
    let (tensors, _) = tensors(&mut first).await;
    let plan = first.landscape_plan(&config(), settings(Norm::Tensor), Some(&tensors)).unwrap();
    let surface = compute(&mut first, plan.jobs.iter()).await;
    assert_eq!(surface.len(), 3 * 81 + 1);
    let mut second = lab(device);
    assert_eq!(compute(&mut second, plan.jobs.iter().rev()).await, surface);

    let centre = surface[&("Centre".into(), 0, 0)];
    let at = |subset: Subset, row, column| surface[&(format!("{subset:?}"), row, column)];
    for subset in [Subset::All, Subset::Top, Subset::Bottom] {
        assert_eq!(at(subset, 4, 4), centre, "{subset:?} does not move where a = b = 0");
        assert_apart(at(subset, 0, 0), centre);
    }
    assert_apart(at(Subset::Top, 0, 0), at(Subset::Bottom, 0, 0));
}

/// The centre is the loss that Fisher information sees: its mean over the masked positions, not over the texts.
async fn the_centre_is_the_plain_loss(device: Device) {
    let mut lab = lab(device);
    let (tensors, texts) = tensors(&mut lab).await;
    for norm in [Norm::Tensor, Norm::Total] {
        let plan = lab.landscape_plan(&config(), settings(norm), Some(&tensors)).unwrap();
        let centre = *compute(&mut lab, plan.jobs.iter().take(1)).await.values().next().unwrap();
        let (mut sum, mut positions) = (0.0, 0.0);
        for text in &texts {
            let hidden = lab.walk(&config(), text.index).await.unwrap().hidden.len() as f64;
            (sum, positions) = (sum + hidden * text.loss, positions + hidden);
        }
        let over_texts = texts.iter().map(|text| text.loss).sum::<f64>() / texts.len() as f64;
        assert!((centre - sum / positions).abs() < 1e-4 * centre, "{centre} for {}", sum / positions);
        assert!((centre - over_texts).abs() > 1e-3 * centre, "texts of as many positions each tell nothing");
    }
    // One text alone has one mean.
    let one = Settings { texts: 1, ..settings(Norm::Tensor) };
    let plan = lab.landscape_plan(&config(), one, Some(&tensors)).unwrap();
    let centre = *compute(&mut lab, plan.jobs.iter().take(1)).await.values().next().unwrap();
    assert!((centre - texts[0].loss).abs() < 1e-4 * centre, "{centre} for {}", texts[0].loss);
}

/// A lab keeps directions and texts between jobs, and only while they are the same.
async fn other_prose_and_seeds_are_other_surfaces(device: Device) {
    let mut lab = lab(device);
    let (tensors, _) = tensors(&mut lab).await;
    let mut corner = async |prose: &str, settings: Settings| {
        lab.set_corpus(prose);
        let plan = lab.landscape_plan(&config(), settings, Some(&tensors)).unwrap();
        let values = compute(&mut lab, plan.jobs.iter().skip(1).take(1)).await;
        *values.values().next().unwrap()
    };
    let plain = corner(PROSE, settings(Norm::Tensor)).await;
    assert_eq!(corner(PROSE, settings(Norm::Tensor)).await, plain);
    let other_prose = "a long word on the board\nthe rain at night\nthe old clock";
    assert_apart(corner(other_prose, settings(Norm::Tensor)).await, plain);
    assert_apart(corner(PROSE, Settings { seed: 4, ..settings(Norm::Tensor) }).await, plain);
    assert_apart(corner(PROSE, settings(Norm::Total)).await, plain);
}

/// Where the numbers overflow there is no loss, and the strip goes on.
async fn a_point_without_a_loss_does_not_end_its_strip(device: Device) {
    // What goes into a LayerNorm is finite at the centre, and so large that it overflows elsewhere.
    let large = "encoder.layer.1.attention.output.dense.weight";
    let weights = Checkpoint::from_bytes(WEIGHTS, Family::Bert).unwrap();
    let scaled = weights.names().map(|name| {
        let mut tensor = weights.get(name).unwrap().clone();
        if name.ends_with(large) {
            tensor.values.iter_mut().for_each(|value| *value *= 2e37);
        }
        (name.to_string(), tensor)
    });
    let mut lab = Lab::new(device);
    lab.load_model("tiny", CONFIG, &checkpoint::to_safetensors(&scaled.collect::<Vec<_>>()).unwrap(), TOKENIZER)
        .unwrap();
    lab.set_corpus(PROSE);
    let plan = lab.landscape_plan(&config(), Settings { range: 10.0, ..settings(Norm::Tensor) }, None).unwrap();
    let strip = plan.jobs.into_iter().find(|job| job.id == "landscape/all/0/4").unwrap();
    let losses = finish(&mut lab, &config(), &strip, None, 3).await.into_iter().filter_map(|event| match event {
        Event::LandscapePoint { column, loss } => Some((column, loss.is_some())),
        _ => None,
    });
    assert_eq!(losses.collect::<Vec<_>>(), [(0, false), (2, false), (4, true), (6, false), (8, false)]);
}

/// The plan says how far a step of 1 takes each subset, once it is known what they are.
async fn strides_are_those_of_the_directions(device: Device) {
    let mut lab = lab(device.clone());
    let (tensors, _) = tensors(&mut lab).await;
    assert_eq!(lab.landscape_plan(&config(), settings(Norm::Tensor), None).unwrap().strides, None);
    let names = lab.tensor_names().unwrap();
    let checkpoint = &lab.pretrained().unwrap().checkpoint;
    let square = |tensor: &HostTensor| tensor.values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
    let whole = names.iter().map(|name| square(checkpoint.get(name).unwrap())).sum::<f64>().sqrt();
    for norm in [Norm::Tensor, Norm::Total] {
        let plan = lab.landscape_plan(&config(), settings(norm), Some(&tensors)).unwrap();
        let StepLengths { all, top, bottom } = plan.strides.unwrap();
        assert_eq!((all.tensors, top.tensors + bottom.tensors), (names.len(), names.len()));
        assert_eq!(all.one_dimensional, top.one_dimensional + bottom.one_dimensional);
        for (subset, stride) in [(Subset::All, all), (Subset::Top, top), (Subset::Bottom, bottom)] {
            let moved = plan.jobs.iter().find_map(|job| match &job.kind {
                JobKind::Landscape { subset: of, moved, .. } => (*of == subset).then_some(moved),
                _ => None,
            });
            let moved = moved.unwrap();
            let directions = moved.iter().filter_map(|name| {
                let tensor = checkpoint.get(name)?;
                let index = names.iter().position(|n| n == name)?;
                (norm == Norm::Total || tensor.shape.len() > 1).then(|| square(&loss::drawn(tensor, 3, 0, index)))
            });
            let length = loss::factor(checkpoint, &names, moved, norm) * directions.sum::<f64>().sqrt() / whole;
            assert!((stride.length - length).abs() < 1e-6, "{subset:?} {norm:?}: {stride:?} for {length}");
        }
    }
}

tests_on!(
    cpu:
    order_and_lab_change_nothing,
    the_centre_is_the_plain_loss,
    other_prose_and_seeds_are_other_surfaces,
    a_point_without_a_loss_does_not_end_its_strip,
    strides_are_those_of_the_directions,
);
