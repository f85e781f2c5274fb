//! The state of a run between two steps, from which it continues bit for bit.
//!
//! As a safetensors file: the parameters under Hugging Face's names, AdamW's moments flat under `adamw.first.NAME` and `adamw.second.NAME`, and the number of
//! steps under `step`. Batches and noise follow from the seed and the step.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::checkpoint::{Checkpoint, HostTensor, to_safetensors};
use crate::models::config::ModelConfig;
use crate::models::transformer::Model;
use burn::tensor::Device;
use std::collections::BTreeMap;

const STEP: &str = "step";
const MOMENTS: [&str; 2] = ["adamw.first.", "adamw.second."];

/// AdamW's two moments of each parameter, by its name.
pub type NamedMoments = BTreeMap<String, [Vec<f32>; 2]>;

/// The state of a run after some of its steps.
#[derive(Debug, Clone)]
pub struct RunState {
    /// Steps made.
    pub step: usize,
    /// The parameters.
    pub parameters: Vec<(String, HostTensor)>,
    /// The optimiser's moments.
    pub moments: NamedMoments,
}

impl RunState {
    /// The bytes of a safetensors file.
    ///
    /// # Errors
    /// As [`to_safetensors`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let flat = |values: &Vec<f32>| HostTensor { shape: vec![values.len()], values: values.clone() };
        let mut tensors = self.parameters.clone();
        for (name, moments) in &self.moments {
            tensors
                .extend(MOMENTS.iter().zip(moments).map(|(prefix, moment)| (format!("{prefix}{name}"), flat(moment))));
        }
        tensors.push((STEP.into(), flat(&vec![self.step as f32]))); // exact below 2²⁴ steps
        to_safetensors(&tensors)
    }

    /// Reads [`RunState::to_bytes`] back, with the model on an autodiff `device`.
    ///
    /// # Errors
    /// [`ErrorKind::Weights`] where it is not the state of a run of a model of this shape.
    pub fn read(bytes: &[u8], config: &ModelConfig, device: &Device) -> Result<(Model, usize, NamedMoments)> {
        let file = Checkpoint::from_bytes(bytes, config.family)?;
        let lacks = |name: &str| {
            let place = Place::named("run state").column(name);
            Error::new(ErrorKind::Weights, place, "the state of a run: parameters, moments and steps", "none")
        };
        let step = file.get(STEP).and_then(|step| step.values.first().copied()).ok_or_else(|| lacks(STEP))?;
        let outputs = file.classes().ok_or_else(|| lacks("classifier.weight"))?;
        let model = file.model(config, outputs, 0, device)?.model;
        let mut moments = NamedMoments::new();
        for parameter in crate::models::checkpoint::parameters(&model) {
            let name = parameter.name;
            let size: usize = parameter.shape.iter().product();
            let moment = |prefix: &str| {
                let found = file.get(&format!("{prefix}{name}")).filter(|moment| moment.values.len() == size);
                found.map(|moment| moment.values.clone())
            };
            // A parameter that no loss depends on has no gradient and no moments.
            if let (Some(first), Some(second)) = (moment(MOMENTS[0]), moment(MOMENTS[1])) {
                moments.insert(name, [first, second]);
            }
        }
        if moments.is_empty() {
            return Err(lacks(MOMENTS[0]));
        }
        Ok((model, step as usize, moments))
    }
}
