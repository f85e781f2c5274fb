//! The JavaScript interface of the lab: bytes and plain objects in, plain objects out.
//!
//! This file and its folder alone name the browser. They convert and forward; whatever decides anything is in
//! [`crate::lab`]. Errors are thrown as `{kind, message, place, expected, got}`.

use crate::data::dataset::{Arrangement, DataFile, Dataset, ReadOptions};
use crate::data::tokenizer::Tokenizer;
use crate::device::{self, DeviceKind};
use crate::error::{Error, ErrorKind, Place};
use crate::lab::config::RawConfig;
use crate::lab::plan::{Job, PlaneSettings};
use crate::lab::results::{BaselineRun, DeviceSummary, Inputs, Judgement, Probe, Results, RunReport};
use crate::lab::schema::Schema;
use crate::lab::{self, Event};
use crate::landscape::grid::Settings;
use crate::landscape::trajectory;
use crate::method::arms::{Arm, ArmRates};
use crate::method::fisher::{self, Estimate, TensorFisher, TextFisher};
use crate::method::schedule::{SiteRate, SiteScore, guided};
use crate::models::appraisal::Appraisal;
use crate::models::bert::Model;
use crate::models::folder;
use crate::selftest::FAMILIES;
use crate::training::train::probabilities;
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use values::{checked, from_js, js_error, to_js};
use views::{DatasetView, ModelView};
use wasm_bindgen::prelude::*;

mod allocator;
mod search;
mod values;
mod views;

/// Settings with bounds and defaults, arms, metrics, limits and file formats.
#[wasm_bindgen(unchecked_return_type = "Schema")]
pub fn schema() -> Result<JsValue, JsValue> {
    to_js(&Schema::new())
}

/// Types of what crosses, for TypeScript.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// A place to run jobs, one at a time.
#[wasm_bindgen]
pub struct Lab {
    lab: lab::Lab,
    trained: HashMap<String, Trained>,
    speed: Speed,
}

struct Trained {
    model: Model,
    is_classifier: bool,
    /// As its texts were cut.
    max_tokens: usize,
}

/// How fast the job under way goes.
#[derive(Default)]
struct Speed {
    work_per_unit: f64,
    units: f64,
    milliseconds: f64,
}

#[derive(Serialize)]
struct Prediction {
    tokens: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probabilities: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
}

#[derive(Deserialize)]
struct ResultsInput {
    config: RawConfig,
    device: DeviceSummary,
    #[serde(default)]
    fisher: Option<Estimate>,
    arms: BTreeMap<Arm, ArmRates>,
    runs: Vec<RunReport>,
    #[serde(default)]
    baselines: Vec<BaselineRun>,
    #[serde(default)]
    probes: Vec<Probe>,
    #[serde(default)]
    inputs: Option<Inputs>,
}

#[wasm_bindgen]
impl Lab {
    /// Opens a device, `"cpu"` or `"webgpu"`. The latter is to be believed only after [`Lab::check`].
    pub async fn open(kind: String) -> Result<Lab, JsValue> {
        console_error_panic_hook::set_once();
        let kind: DeviceKind = match kind.as_str() {
            "cpu" => DeviceKind::Cpu,
            "webgpu" => DeviceKind::WebGpu,
            other => {
                let place = Place::named("device");
                return Err(js_error(Error::new(ErrorKind::Config, place, "cpu or webgpu", other)));
            }
        };
        let device = device::open(kind).await.map_err(js_error)?;
        let lab = lab::Lab::new(device);
        Ok(Lab { lab, trained: HashMap::new(), speed: Speed::default() })
    }

    /// How many families of kernels there are to [`Lab::check`]; the last is a whole training step.
    pub fn families(&self) -> usize {
        FAMILIES.len()
    }

    /// Computes what a family of kernels has to, on this device and on the CPU: `{family, difference, tolerance, ok}`.
    #[wasm_bindgen(unchecked_return_type = "Agreement")]
    pub async fn check(&self, family: usize) -> Result<JsValue, JsValue> {
        to_js(&FAMILIES[family].check(self.lab.device()).await.map_err(js_error)?)
    }

    /// Which of several labelled files is trained on, and what the others are for, by their names.
    #[wasm_bindgen(js_name = arrangeFiles, unchecked_return_type = "Arrangement")]
    pub fn arrange_files(&self, names: Vec<String>) -> Result<JsValue, JsValue> {
        to_js(&Arrangement::of(&names))
    }

    /// Reads a labelled file and keeps its examples; with it, files for validation and testing, which say so in their names.
    #[wasm_bindgen(js_name = readDataset, unchecked_return_type = "DatasetView")]
    pub fn read_dataset(
        &mut self,
        bytes: &[u8],
        #[wasm_bindgen(unchecked_param_type = "ReadOptions")] options: JsValue,
        names: Option<Vec<String>>,
        files: Option<Vec<Uint8Array>>,
    ) -> Result<JsValue, JsValue> {
        let options: ReadOptions = from_js("options", options)?;
        let names = names.unwrap_or_default();
        let files: Vec<Vec<u8>> = files.unwrap_or_default().iter().map(Uint8Array::to_vec).collect();
        let others = names.iter().zip(&files).map(|(name, bytes)| DataFile::by_name(name, bytes));
        let others = others.collect::<Result<Vec<_>, Error>>().map_err(js_error)?;
        self.lab.set_dataset(Dataset::read_files(bytes, &options, &others).map_err(js_error)?);
        to_js(&DatasetView::of(self.lab.dataset().map_err(js_error)?))
    }

    /// Columns and rejected rows of a file that [`Lab::read_dataset`] refuses.
    #[wasm_bindgen(js_name = inspectDataset, unchecked_return_type = "DatasetInspection")]
    pub fn inspect_dataset(
        &self,
        bytes: &[u8],
        #[wasm_bindgen(unchecked_param_type = "ReadOptions")] options: JsValue,
    ) -> Result<JsValue, JsValue> {
        to_js(&Dataset::inspect(bytes, &from_js("options", options)?).map_err(js_error)?)
    }

    /// Model metadata from `config.json` and the header of a `model.safetensors` of `size` bytes.
    #[wasm_bindgen(unchecked_return_type = "Appraisal")]
    pub fn appraise(&self, config: &[u8], header: &[u8], size: f64) -> Result<JsValue, JsValue> {
        to_js(&Appraisal::new(config, header, size as u64).map_err(js_error)?)
    }

    /// The files that a `model.safetensors.index.json` names.
    #[wasm_bindgen(js_name = shardsOf)]
    pub fn shards_of(&self, index: &[u8]) -> Result<Vec<String>, JsValue> {
        Ok(folder::shards_of(index).map_err(js_error)?.into_iter().collect())
    }

    /// The header that the shards of a checkpoint have as one file, from the headers of all, and the size of that file in bytes.
    #[wasm_bindgen(js_name = joinHeaders, unchecked_return_type = "JoinedHeader")]
    pub fn join_headers(&self, names: Vec<String>, headers: Vec<Uint8Array>) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct JoinedHeader {
            header: String,
            size: u64,
        }
        let headers: Vec<Vec<u8>> = headers.iter().map(Uint8Array::to_vec).collect();
        let (header, size) = folder::join_headers(&named(&names, &headers)).map_err(js_error)?;
        to_js(&JoinedHeader { header, size })
    }

    /// The shards of a checkpoint as one `model.safetensors`.
    #[wasm_bindgen(js_name = joinShards)]
    pub fn join_shards(&self, names: Vec<String>, shards: Vec<Uint8Array>) -> Result<Vec<u8>, JsValue> {
        let shards: Vec<Vec<u8>> = shards.iter().map(Uint8Array::to_vec).collect();
        folder::join_shards(&named(&names, &shards)).map_err(js_error)
    }

    /// The bytes of the `tokenizer.json` that a `vocab.txt` means, with its `tokenizer_config.json` if there is one.
    #[wasm_bindgen(js_name = tokenizerOfVocabulary)]
    pub fn tokenizer_of_vocabulary(&self, vocabulary: &[u8], config: Option<Vec<u8>>) -> Result<Vec<u8>, JsValue> {
        Ok(Tokenizer::json_of_vocabulary(vocabulary, config.as_deref()).map_err(js_error)?.into_bytes())
    }

    /// The bytes of a `tokenizer.json` that knows what `tokenizer_config.json` and `special_tokens_map.json` say of it.
    #[wasm_bindgen(js_name = tokenizerWithRoles)]
    pub fn tokenizer_with_roles(
        &self,
        tokenizer: &[u8],
        config: Option<Vec<u8>>,
        map: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, JsValue> {
        let json = Tokenizer::json_with_roles(tokenizer, config.as_deref(), map.as_deref());
        Ok(json.map_err(js_error)?.into_bytes())
    }

    /// Data-quality findings in the labelled texts and in their split by the first seed.
    #[wasm_bindgen(unchecked_return_type = "Finding[]")]
    pub fn health(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
    ) -> Result<JsValue, JsValue> {
        to_js(&self.lab.health(&checked(config)?).map_err(js_error)?)
    }

    /// Token counts of the labelled texts, before anything is cut.
    pub fn lengths(&self) -> Result<Vec<u32>, JsValue> {
        Ok(self.lab.lengths().map_err(js_error)?.into_iter().map(|length| length as u32).collect())
    }

    /// Takes a model from the bytes of its three files.
    #[wasm_bindgen(js_name = loadModel, unchecked_return_type = "ModelView")]
    pub fn load_model(
        &mut self,
        name: &str,
        config: &[u8],
        weights: &[u8],
        tokenizer: &[u8],
    ) -> Result<JsValue, JsValue> {
        let model = self.lab.load_model(name, config, weights, tokenizer).map_err(js_error)?;
        self.trained.clear(); // they were of the one before
        to_js(&ModelView::of(model))
    }

    /// Takes the masked-language-model head that the loaded model lacks from the bytes of a safetensors file. Returns the
    /// number of parameters with it.
    #[wasm_bindgen(js_name = addHead)]
    pub fn add_head(&mut self, head: &[u8]) -> Result<usize, JsValue> {
        self.lab.add_head(head).map_err(js_error)?;
        Ok(self.lab.pretrained().map_err(js_error)?.parameters)
    }

    /// Takes plain prose, one passage a line.
    #[wasm_bindgen(js_name = loadCorpus, unchecked_return_type = "Corpus")]
    pub fn load_corpus(&mut self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct Corpus {
            texts: usize,
        }
        to_js(&Corpus { texts: self.lab.set_corpus(&String::from_utf8_lossy(bytes)) })
    }

    /// The jobs of an experiment.
    #[wasm_bindgen(unchecked_return_type = "Plan")]
    pub fn plan(&self, #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue) -> Result<JsValue, JsValue> {
        to_js(&self.lab.plan(checked(config)?).map_err(js_error)?)
    }

    /// The jobs of the loss surfaces; `tensors` with their Fisher information, or null for the plan's size alone.
    #[wasm_bindgen(js_name = surfacePlan, unchecked_return_type = "SurfacePlan")]
    pub fn surface_plan(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "SurfaceSettings")] settings: JsValue,
        #[wasm_bindgen(unchecked_param_type = "TensorFisher[] | null")] tensors: JsValue,
    ) -> Result<JsValue, JsValue> {
        let config = checked(config)?;
        let settings: Settings = from_js("settings", settings)?;
        let tensors: Option<Vec<TensorFisher>> = from_js("tensors", tensors)?;
        to_js(&self.lab.surface_plan(&config, settings, tensors.as_deref()).map_err(js_error)?)
    }

    /// Takes the plane of two trained models of a seed: `{ends: [{x, y}, …], unit}`.
    #[wasm_bindgen(js_name = setPlane, unchecked_return_type = "PlaneView")]
    pub async fn set_plane(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        seed: u32,
        first: Vec<u8>,
        second: Vec<u8>,
    ) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct PlaneView {
            ends: [trajectory::PlanePoint; 2],
            unit: f64,
        }
        let config = checked(config)?;
        let plane = self.lab.set_plane(&config, seed, [&first, &second]).await.map_err(js_error)?;
        to_js(&PlaneView { ends: plane.ends(), unit: plane.unit() })
    }

    /// The jobs that show two arms' runs in the plane taken; before there is one, good only for its size.
    #[wasm_bindgen(js_name = planePlan, unchecked_return_type = "PlanePlan")]
    pub fn plane_plan(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "PlaneSettings")] settings: JsValue,
        #[wasm_bindgen(unchecked_param_type = "[Arm, Arm]")] arms: JsValue,
    ) -> Result<JsValue, JsValue> {
        let config = checked(config)?;
        let settings: PlaneSettings = from_js("settings", settings)?;
        to_js(&self.lab.plane_plan(&config, settings, from_js("arms", arms)?).map_err(js_error)?)
    }

    /// Puts texts' Fisher information together.
    #[wasm_bindgen(unchecked_return_type = "Estimate")]
    pub fn fisher(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "TextFisher[]")] texts: JsValue,
    ) -> Result<JsValue, JsValue> {
        checked(config)?;
        let texts: Vec<TextFisher> = from_js("texts", texts)?;
        to_js(&fisher::estimate(&self.lab.tensor_names().map_err(js_error)?, &texts).map_err(js_error)?)
    }

    /// One text on its way through Fisher, step by step.
    #[wasm_bindgen(unchecked_return_type = "Walk")]
    pub async fn walk(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        index: usize,
    ) -> Result<JsValue, JsValue> {
        to_js(&self.lab.walk(&checked(config)?, index).await.map_err(js_error)?)
    }

    /// The noise of each arm at each site; guided rates from Fisher `scores`, which arms without guided rates do not need.
    #[wasm_bindgen(unchecked_return_type = "Arms")]
    pub fn arms(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "SiteScore[] | null")] scores: JsValue,
    ) -> Result<JsValue, JsValue> {
        let config = checked(config)?;
        let scores: Option<Vec<SiteScore>> = from_js("scores", scores)?;
        let guided = scores.map(|scores| guided(&scores, config.p_upper, config.p_lower));
        to_js(&self.lab.arms(&config, guided).map_err(js_error)?)
    }

    /// Begins a job; `arm` is its entry of [`Lab::arms`], or null.
    pub fn start(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Job")] job: JsValue,
        #[wasm_bindgen(unchecked_param_type = "ArmRates | null")] arm: JsValue,
    ) -> Result<(), JsValue> {
        let config = checked(config)?;
        let job: Job = from_js("job", job)?;
        let arm: Option<ArmRates> = from_js("arm", arm)?;
        let (work, units) = match &job {
            Job::Fisher { from, to, work, .. } => (*work, to - from),
            Job::Run { steps, work, .. } | Job::Trial { steps, work, .. } => (*work, *steps),
            Job::Surface { columns, work, .. } => (*work, columns.len()),
            Job::Path { steps, work, .. } => (*work, *steps),
            Job::Plane { at, work, .. } => (*work, at.len()),
        };
        self.speed = Speed { work_per_unit: work / units.max(1) as f64, ..Speed::default() };
        self.lab.start(&config, &job, arm.as_ref()).map_err(js_error)
    }

    /// Does `units` batches of texts, steps, evaluation batches or points of the job and returns its events.
    #[wasm_bindgen(unchecked_return_type = "Event[]")]
    pub async fn advance(&mut self, units: usize) -> Result<JsValue, JsValue> {
        let started = js_sys::Date::now();
        let events = self.lab.advance(units).await.map_err(js_error)?;
        let counted = events
            .iter()
            .filter(|event| {
                let of_runs = matches!(event, Event::FisherText(_) | Event::Step { .. } | Event::PathPoint { .. });
                of_runs || matches!(event, Event::SurfacePoint { .. } | Event::PlanePoint { .. })
            })
            .count();
        self.speed.units += counted as f64;
        self.speed.milliseconds += js_sys::Date::now() - started;
        to_js(&events)
    }

    /// Multiply-adds per second of the last job; 0 before any.
    pub fn speed(&self) -> f64 {
        if self.speed.milliseconds == 0.0 {
            return 0.0;
        }
        1e3 * self.speed.work_per_unit * self.speed.units / self.speed.milliseconds
    }

    /// The model of the run that just ended, as a `model.safetensors`.
    #[wasm_bindgen(js_name = exportModel)]
    pub async fn export_model(&self) -> Result<Vec<u8>, JsValue> {
        self.lab.export_model().await.map_err(js_error)
    }

    /// Keeps a trained model under `slot`, to answer single texts, cut as those that it was trained on.
    #[wasm_bindgen(js_name = loadTrained)]
    pub fn load_trained(
        &mut self,
        slot: String,
        bytes: &[u8],
        #[wasm_bindgen(unchecked_param_type = "string[]")] labels: JsValue,
        max_tokens: usize,
    ) -> Result<(), JsValue> {
        let labels: Vec<String> = from_js("labels", labels)?;
        let model = self.lab.load_trained(bytes).map_err(js_error)?;
        self.trained.insert(slot, Trained { model, is_classifier: !labels.is_empty(), max_tokens });
        Ok(())
    }

    /// A trained model's answer to one text or pair.
    #[wasm_bindgen(unchecked_return_type = "Prediction")]
    pub async fn predict(&self, slot: String, text: String, pair: Option<String>) -> Result<JsValue, JsValue> {
        let trained = self.trained.get(&slot).ok_or_else(|| {
            let place = Place::named("predict").column(&slot);
            js_error(Error::new(ErrorKind::Config, place, "a trained model", "none"))
        })?;
        let answer = self.lab.answer(&trained.model, &text, pair.as_deref(), trained.max_tokens).await;
        let (tokens, logits) = answer.map_err(js_error)?;
        to_js(&if trained.is_classifier {
            Prediction { tokens, probabilities: Some(probabilities(&logits)), score: None }
        } else {
            Prediction { tokens, probabilities: None, score: logits.first().copied() }
        })
    }

    /// `results.json`.
    #[wasm_bindgen(unchecked_return_type = "Results")]
    pub fn results(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ResultsInput")] input: JsValue,
    ) -> Result<JsValue, JsValue> {
        let ResultsInput { config, device, fisher, arms, runs, baselines, probes, inputs } = from_js("results", input)?;
        let config = config.check().map_err(js_error)?;
        let (dataset, model) = (self.lab.dataset().map_err(js_error)?, self.lab.pretrained().map_err(js_error)?);
        let results = Results::new(&config, device, dataset, model, fisher, &arms, runs).map_err(js_error)?;
        to_js(&results.with_baselines(baselines).with_probes(probes).with_inputs(inputs))
    }

    /// Compares runs that were made elsewhere, and decides what they show. `labels` name the classes, where they are known.
    #[wasm_bindgen(unchecked_return_type = "Judgement")]
    pub fn judge(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Task")] task: JsValue,
        #[wasm_bindgen(unchecked_param_type = "string[]")] labels: JsValue,
        #[wasm_bindgen(unchecked_param_type = "RunReport[]")] runs: JsValue,
    ) -> Result<JsValue, JsValue> {
        let config = checked(config)?;
        let labels: Vec<String> = from_js("labels", labels)?;
        let runs: Vec<RunReport> = from_js("runs", runs)?;
        to_js(&Judgement::new(&config, from_js("task", task)?, &labels, &runs))
    }

    /// Guided rates for scores.
    #[wasm_bindgen(unchecked_return_type = "SiteRate[]")]
    pub fn schedule(
        &self,
        #[wasm_bindgen(unchecked_param_type = "SiteScore[]")] scores: JsValue,
        p_upper: f64,
        p_lower: f64,
    ) -> Result<JsValue, JsValue> {
        let scores: Vec<SiteScore> = from_js("scores", scores)?;
        RawConfig { p_upper, p_lower, ..RawConfig::default() }.check().map_err(js_error)?;
        to_js(&guided(&scores, p_upper, p_lower))
    }

    /// The rates as Python for Hugging Face transformers.
    pub fn snippet(
        &self,
        #[wasm_bindgen(unchecked_param_type = "SiteRate[]")] rates: JsValue,
        model_name: &str,
    ) -> Result<String, JsValue> {
        let rates: Vec<SiteRate> = from_js("rates", rates)?;
        Ok(crate::method::handoff::pytorch_snippet(&rates, model_name))
    }
}

fn named<'a>(names: &'a [String], files: &'a [Vec<u8>]) -> Vec<(&'a str, &'a [u8])> {
    names.iter().map(String::as_str).zip(files.iter().map(Vec::as_slice)).collect()
}
