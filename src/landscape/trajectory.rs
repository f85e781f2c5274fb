//! The plane through three points of the space of parameters: where two trainings of one seed began, and where each ended.
//!
//! A random direction hardly knows anything of a training (a path of some hundred steps has next to no length along it), so
//! the loss around fine-tuned models is looked at in the one plane that holds both of them exactly. Its unit is the
//! distance from the start to the point halfway between the two ends. x runs from the start towards that point, y
//! at a right angle to it, from the second end's side to the first's; lengths in the plane are true lengths:
//! with u and v the ways from the start to the ends, m = (u + v)/2 and d = u − v,
//!
//! θ(x, y) = θ₀ + x·m + y·k·(d − c·m), c = ⟨d, m⟩/‖m‖², k = ‖m‖/‖d − c·m‖.
//!
//! What a training passes on its way lies outside of it; its place is that of the foot of the perpendicular, and how far
//! off it was is told too.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::landscape::loss::Direction;
use crate::models::checkpoint::{Checkpoint, HostTensor, host_tensors, read};
use crate::models::transformer::Model;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor};
use serde::Serialize;
use std::collections::HashMap;

/// Two ends that are nearer to each other than this, in units, or to one line with the start, make no plane.
const LEAST_WIDTH: f64 = 1e-4;

/// A point of the plane, and how far from it what it stands for lies; in units of the plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PlanePoint {
    /// Along the way to the point halfway between the ends.
    pub x: f64,
    /// Across it, towards the first end.
    pub y: f64,
    /// The distance to the plane.
    pub off: f64,
}

/// The plane.
#[derive(Debug)]
pub struct Plane {
    start: Model,
    /// u and v.
    legs: [Direction; 2],
    /// ‖m‖, in the norm of all parameters together.
    unit: f64,
    c: f64,
    k: f64,
    ends: [PlanePoint; 2],
}

impl Plane {
    /// From where both trainings began, on a device without autodiff, and what they were exported as.
    ///
    /// # Errors
    /// [`ErrorKind::Weights`] if an end lacks a parameter of the start; [`ErrorKind::Config`] if the three points lie on a line.
    pub async fn new(mut start: Model, ends: [&Checkpoint; 2], device: &Device) -> Result<Plane> {
        start.mlm_head = None; // no training of a classifier moves it
        let mut legs = [HashMap::new(), HashMap::new()];
        let [mut uu, mut uv, mut vv] = [0.0; 3];
        for (name, from) in host_tensors(&start).await? {
            let way = |end: &Checkpoint| {
                let to = end.get(&name).filter(|to| to.shape == from.shape).ok_or_else(|| {
                    let expected = format!("a tensor of shape {:?}", from.shape);
                    let got = end.get(&name).map_or("none".into(), |to| format!("{:?}", to.shape));
                    Error::new(ErrorKind::Weights, Place::named("trained model").column(&name), expected, got)
                })?;
                Ok(to.values.iter().zip(&from.values).map(|(to, from)| to - from).collect::<Vec<f32>>())
            };
            let [u, v] = [way(ends[0])?, way(ends[1])?];
            uu += dot(&u, &u);
            uv += dot(&u, &v);
            vv += dot(&v, &v);
            for (leg, values) in legs.iter_mut().zip([u, v]) {
                leg.insert(name.clone(), HostTensor { shape: from.shape.clone(), values });
            }
        }
        let mm = (uu + 2.0 * uv + vv) / 4.0;
        let c = (uu - vv) / (2.0 * mm);
        let across = ((uu - 2.0 * uv + vv) / mm - c * c).max(0.0).sqrt(); // ‖d − c·m‖ in units
        if !(mm > 0.0 && across > LEAST_WIDTH) {
            let expected = "two trainings that ended apart from each other and from their start";
            return Err(Error::new(ErrorKind::Config, Place::named("plane"), expected, "three points on one line"));
        }
        // u = m + d/2 and v = m − d/2, and d = c·m + (d − c·m).
        let end = |side: f64| PlanePoint { x: 1.0 + side * c / 2.0, y: side * across / 2.0, off: 0.0 };
        let legs = legs.map(|mut leg| Direction::new(&start, |name| leg.remove(name), device));
        Ok(Plane { start, legs, unit: mm.sqrt(), c, k: 1.0 / across, ends: [end(1.0), end(-1.0)] })
    }

    /// Where the two trainings ended.
    pub fn ends(&self) -> [PlanePoint; 2] {
        self.ends
    }

    /// The distance of parameters that one unit is.
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// The model at a point.
    pub fn at(&self, x: f64, y: f64) -> Model {
        let along = (x - y * self.k * self.c) / 2.0;
        let lengths = [along + y * self.k, along - y * self.k];
        self.legs
            .iter()
            .zip(lengths)
            .fold(self.start.clone(), |model, (leg, length)| model.map(&mut Walk { leg, length }))
    }

    /// Where a model lies that began where the plane does, as deep in training as it may be; on a device without autodiff.
    ///
    /// # Errors
    /// [`ErrorKind::Device`] if the device does not answer.
    pub async fn place(&self, model: &Model) -> Result<PlanePoint> {
        let mut start = Parts(HashMap::new());
        self.start.visit(&mut start);
        let mut reader = Products { legs: &self.legs, start: start.0, products: Vec::new() };
        model.visit(&mut reader);
        let values = read(Tensor::cat(reader.products, 0)).await?; // sync: one read per place
        let sum = |which: usize| values.iter().skip(which).step_by(3).map(|&v| f64::from(v)).sum::<f64>();
        let [wu, wv, ww] = [sum(0), sum(1), sum(2)];
        let mm = self.unit * self.unit;
        let x = (wu + wv) / 2.0 / mm;
        let y = self.k * ((wu - wv) / mm - self.c * x);
        Ok(PlanePoint { x, y, off: (ww / mm - x * x - y * y).max(0.0).sqrt() })
    }
}

fn dot(left: &[f32], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(&l, &r)| f64::from(l) * f64::from(r)).sum()
}

/// Moves every parameter along a leg.
struct Walk<'a> {
    leg: &'a Direction,
    length: f64,
}

impl ModuleMapper for Walk<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.leg.part(param.id) {
            Some(part) if self.length != 0.0 => {
                let at = param.val();
                let step = part.reshape(at.dims()) * self.length;
                Param::initialized(param.id, at + step)
            }
            _ => param,
        }
    }
}

/// Every parameter, flat.
struct Parts(HashMap<ParamId, Tensor<1>>);

impl ModuleVisitor for Parts {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.insert(param.id, param.val().flatten::<1>(0, D - 1));
    }
}

/// Of the way w from the start to a model, parameter by parameter: ⟨w, u⟩, ⟨w, v⟩ and ⟨w, w⟩.
struct Products<'a> {
    legs: &'a [Direction; 2],
    start: HashMap<ParamId, Tensor<1>>,
    products: Vec<Tensor<1>>,
}

impl ModuleVisitor for Products<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(start) = self.start.remove(&param.id) else { return };
        let way = param.val().flatten::<1>(0, D - 1) - start;
        let along = self.legs.iter().map(|leg| leg.part(param.id).expect("legs have every parameter of the start"));
        let products = along.chain([way.clone()]).map(|other| (way.clone() * other).sum());
        self.products.extend(products.collect::<Vec<_>>());
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::models::pretrained::Pretrained;

    const DIRECTORY: &str = "tests/fixtures/tiny_bert";

    fn start(device: &Device) -> Model {
        let read = |name: &str| std::fs::read(format!("{DIRECTORY}/{name}")).unwrap();
        let [config, weights, tokenizer] = ["config.json", "model.safetensors", "tokenizer.json"].map(read);
        Pretrained::new("tiny", &config, &weights, &tokenizer, device).unwrap().model(3, 5, device).unwrap()
    }

    /// The start, moved by `length` times numbers from a fixed sequence.
    fn moved(tensors: &[(String, HostTensor)], [first, second]: [f32; 2]) -> Checkpoint {
        let mut checkpoint = Checkpoint::default();
        for (place, (name, tensor)) in tensors.iter().enumerate() {
            let waves = |i: usize| first * (i as f32 + place as f32).sin() + second * (i as f32 * 0.7 + 2.0).cos();
            let values = tensor.values.iter().enumerate().map(|(i, v)| v + 0.01 * waves(i)).collect();
            checkpoint.insert(name.clone(), HostTensor { shape: tensor.shape.clone(), values });
        }
        checkpoint
    }

    async fn plane(ways: [[f32; 2]; 2]) -> Result<(Plane, [Checkpoint; 2])> {
        let device = Device::flex();
        let start = start(&device);
        let mut without_head = start.clone();
        without_head.mlm_head = None;
        let tensors = host_tensors(&without_head).await?;
        let ends = ways.map(|way| moved(&tensors, way));
        Ok((Plane::new(start, [&ends[0], &ends[1]], &device).await?, ends))
    }

    fn near(place: PlanePoint, [x, y, off]: [f64; 3]) {
        for (name, got, expected) in [("x", place.x, x), ("y", place.y, y), ("off", place.off, off)] {
            // The distance is the root of a difference of sums in single precision.
            let tolerance = if name == "off" { 3e-3 } else { 2e-5 };
            assert!((got - expected).abs() < tolerance, "{name}: {got} for {expected}");
        }
    }

    #[test]
    fn the_plane_holds_its_start_and_both_ends() {
        pollster::block_on(async {
            let (plane, ends) = plane([[1.0, 0.4], [0.3, 0.9]]).await.unwrap();
            near(plane.place(&plane.at(0.0, 0.0)).await.unwrap(), [0.0; 3]);
            let [first, second] = plane.ends();
            assert!(((first.x + second.x) / 2.0 - 1.0).abs() < 1e-12 && (first.y + second.y).abs() < 1e-12);
            assert!(first.y > 0.1 && first.x != second.x, "{first:?}, {second:?}");
            for (end, checkpoint) in [(first, &ends[0]), (second, &ends[1])] {
                let there = host_tensors(&plane.at(end.x, end.y)).await.unwrap();
                for (name, tensor) in there {
                    let expected = &checkpoint.get(&name).unwrap().values;
                    let largest = tensor.values.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(largest < 1e-6, "{name}: {largest}");
                }
                near(plane.place(&plane.at(end.x, end.y)).await.unwrap(), [end.x, end.y, 0.0]);
            }
        });
    }

    #[test]
    fn places_and_points_are_inverse_and_lengths_are_true() {
        pollster::block_on(async {
            let (plane, _) = plane([[1.0, 0.4], [0.3, 0.9]]).await.unwrap();
            let host = |model: Model| async move {
                let tensors = host_tensors(&model).await.unwrap();
                tensors.into_iter().flat_map(|(_, t)| t.values).map(f64::from).collect::<Vec<f64>>()
            };
            let origin = host(plane.at(0.0, 0.0)).await;
            for (x, y) in [(1.0, 0.0), (0.0, 1.0), (-0.6, 0.8), (1.7, -1.1)] {
                near(plane.place(&plane.at(x, y)).await.unwrap(), [x, y, 0.0]);
                let there = host(plane.at(x, y)).await;
                let way = there.iter().zip(&origin).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                assert!((way / plane.unit() - x.hypot(y)).abs() < 1e-4, "({x}, {y}): {way} of {}", plane.unit());
            }
        });
    }

    #[test]
    fn what_lies_outside_the_plane_is_told() {
        pollster::block_on(async {
            let (plane, _) = plane([[1.0, 0.4], [0.3, 0.9]]).await.unwrap();
            let mut aside = plane.at(0.5, 0.25);
            aside = aside.map(&mut Aside(0.01));
            let place = plane.place(&aside).await.unwrap();
            assert!(place.off > 0.1, "{place:?}");
        });
    }

    /// Adds a constant, hardly any of which lies along a wave.
    struct Aside(f64);

    impl ModuleMapper for Aside {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            Param::initialized(param.id, param.val() + self.0)
        }
    }

    #[test]
    fn three_points_on_a_line_make_no_plane() {
        pollster::block_on(async {
            for ways in [[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.4], [0.0, 0.0]], [[0.0; 2], [0.0; 2]]] {
                assert_eq!(plane(ways).await.unwrap_err().kind, ErrorKind::Config, "{ways:?}");
            }
        });
    }
}
