//! Files from JavaScript: labelled texts, a model, plain prose.

use super::WasmLab;
use super::values::{checked, from_js, js_error, to_js};
use super::views::{DatasetView, ModelView, RowView};
use crate::data::dataset::{Arrangement, Correction, DataFile, Dataset, ReadOptions};
use crate::data::tokenizer::Tokenizer;
use crate::error::Error;
use crate::models::appraisal::Appraisal;
use crate::models::folder;
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_class = Lab)]
impl WasmLab {
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
        let files = contents(files);
        self.lab.set_dataset(Dataset::read_files(bytes, &options, &beside(&names, &files)?).map_err(js_error)?);
        to_js(&DatasetView::of(self.lab.dataset().map_err(js_error)?))
    }

    /// Columns and rejected rows of a file that [`WasmLab::read_dataset`] refuses.
    #[wasm_bindgen(js_name = inspectDataset, unchecked_return_type = "DatasetInspection")]
    pub fn inspect_dataset(
        &self,
        bytes: &[u8],
        #[wasm_bindgen(unchecked_param_type = "ReadOptions")] options: JsValue,
    ) -> Result<JsValue, JsValue> {
        to_js(&Dataset::inspect(bytes, &from_js("options", options)?).map_err(js_error)?)
    }

    /// Rows of the data set by their places among the usable ones; those that it does not have are left out.
    #[wasm_bindgen(unchecked_return_type = "RowView[]")]
    pub fn rows(&self, places: Vec<usize>) -> Result<JsValue, JsValue> {
        let dataset = self.lab.dataset().map_err(js_error)?;
        let rows = places.into_iter().filter_map(|place| Some(RowView::of(dataset, dataset.examples.get(place)?)));
        to_js(&rows.collect::<Vec<_>>())
    }

    /// A labelled file, with those beside it, and with some labels changed: all its columns, as delimited text.
    pub fn corrected(
        &self,
        bytes: &[u8],
        #[wasm_bindgen(unchecked_param_type = "ReadOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Correction[]")] corrections: JsValue,
        names: Option<Vec<String>>,
        files: Option<Vec<Uint8Array>>,
    ) -> Result<Vec<u8>, JsValue> {
        let options: ReadOptions = from_js("options", options)?;
        let corrections: Vec<Correction> = from_js("corrections", corrections)?;
        let names = names.unwrap_or_default();
        let files = contents(files);
        Dataset::corrected(bytes, &options, &beside(&names, &files)?, &corrections).map_err(js_error)
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
}

fn contents(files: Option<Vec<Uint8Array>>) -> Vec<Vec<u8>> {
    files.unwrap_or_default().iter().map(Uint8Array::to_vec).collect()
}

/// Files for validation and testing, which say so in their names.
fn beside<'a>(names: &'a [String], files: &'a [Vec<u8>]) -> Result<Vec<DataFile<'a>>, JsValue> {
    let others = names.iter().zip(files).map(|(name, bytes)| DataFile::by_name(name, bytes));
    others.collect::<Result<Vec<_>, Error>>().map_err(js_error)
}

fn named<'a>(names: &'a [String], files: &'a [Vec<u8>]) -> Vec<(&'a str, &'a [u8])> {
    names.iter().map(String::as_str).zip(files.iter().map(Vec::as_slice)).collect()
}
