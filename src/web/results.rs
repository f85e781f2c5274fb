//! Results and judgements for JavaScript.

use super::WasmLab;
use super::values::{checked, from_js, js_error, to_js};
use super::views::RowView;
use crate::lab::config::RawConfig;
use crate::lab::results::{
    BaselineRun, CellRow, DeviceSummary, Earlier, Inputs, JudgedFile, Judgement, Predicted, Probe, Results, RunFile,
    RunReport,
};
use crate::method::arms::Arm;
use crate::method::fisher::Estimate;
use crate::method::rates::ArmRates;
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;

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
    /// The experiment before, where labels have been corrected since.
    #[serde(default)]
    earlier: Option<Earlier>,
}

/// The first rows behind a cell of a confusion matrix.
#[derive(Serialize)]
struct Cell<'a> {
    found: usize,
    rows: Vec<CellRowView<'a>>,
}

#[derive(Serialize)]
struct CellRowView<'a> {
    #[serde(flatten)]
    row: RowView<'a>,
    agreeing: usize,
    tested: usize,
}

/// What is known beside the runs that are judged.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Beside {
    baselines: Vec<BaselineRun>,
    probes: Vec<Probe>,
}

#[wasm_bindgen(js_class = Lab)]
impl WasmLab {
    /// `results.json`.
    #[wasm_bindgen(unchecked_return_type = "Results")]
    pub fn results(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ResultsInput")] input: JsValue,
    ) -> Result<JsValue, JsValue> {
        let ResultsInput { config, device, fisher, arms, runs, baselines, probes, inputs, earlier } =
            from_js("results", input)?;
        let config = config.check().map_err(js_error)?;
        let (dataset, model) = (self.lab.dataset().map_err(js_error)?, self.lab.pretrained().map_err(js_error)?);
        let mut results = Results::new(&config, device, dataset, model, fisher, &arms, runs).map_err(js_error)?;
        if let Some(earlier) = earlier {
            results = results.with_earlier(&earlier).map_err(js_error)?;
        }
        to_js(&results.with_baselines(baselines).with_probes(probes).with_inputs(inputs))
    }

    /// The rows behind a cell of a confusion matrix: those of one label that the runs of some seeds predicted as another or the same, at most so many, and how
    /// many there are. The labels are given by their places.
    #[wasm_bindgen(unchecked_return_type = "Cell")]
    pub fn cell(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Predicted[]")] runs: JsValue,
        truth: usize,
        predicted: usize,
        most: usize,
    ) -> Result<JsValue, JsValue> {
        let (config, runs): (_, Vec<Predicted>) = (checked(config)?, from_js("runs", runs)?);
        let dataset = self.lab.dataset().map_err(js_error)?;
        let rows = CellRow::of(&config, dataset, &runs, [truth, predicted]).map_err(js_error)?;
        let view = |row: &CellRow| {
            let (CellRow { agreeing, tested, .. }, example) = (*row, &dataset.examples[row.example]);
            CellRowView { row: RowView::of(dataset, example), agreeing, tested }
        };
        to_js(&Cell { found: rows.len(), rows: rows.iter().take(most).map(view).collect() })
    }

    /// A `results.json`, or the files of one table of runs (names and bytes in the same order), with comparisons and verdict.
    #[wasm_bindgen(js_name = judgeFiles, unchecked_return_type = "JudgedFile")]
    pub fn judge_files(&self, names: Vec<String>, contents: Vec<Uint8Array>) -> Result<JsValue, JsValue> {
        let contents: Vec<Vec<u8>> = contents.iter().map(Uint8Array::to_vec).collect();
        let files: Vec<_> = names.iter().zip(&contents).map(|(name, bytes)| RunFile { name, bytes }).collect();
        let document = JudgedFile::read(&files, None).map_err(js_error)?.document();
        to_js(&document.map_err(|error| JsValue::from_str(&error.to_string()))?)
    }

    /// Compares runs that were made elsewhere, and decides what they show. `labels` name the classes, where they are known; `beside` holds scores of
    /// baselines, and what longer training changed where it was tried.
    #[wasm_bindgen(unchecked_return_type = "Judgement")]
    pub fn judge(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Settings")] config: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Task")] task: JsValue,
        #[wasm_bindgen(unchecked_param_type = "string[]")] labels: JsValue,
        #[wasm_bindgen(unchecked_param_type = "RunReport[]")] runs: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Beside | undefined")] beside: JsValue,
    ) -> Result<JsValue, JsValue> {
        let config = checked(config)?;
        let task = from_js("task", task)?;
        config.metric.check(task).map_err(js_error)?;
        let labels: Vec<String> = from_js("labels", labels)?;
        let runs: Vec<RunReport> = from_js("runs", runs)?;
        let Beside { baselines, probes } = from_js::<Option<Beside>>("beside", beside)?.unwrap_or_default();
        to_js(&Judgement::new(&config, task, &labels, &runs).with_beside(&config, task, &runs, &baselines, &probes))
    }
}
