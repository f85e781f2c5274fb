//! The input files, read once and loaded into the lab of each thread.

use super::options::Arguments;
use crate::{Failure, files, model_folder};
use guided_dropout_lab::data::dataset::{DataFile, Dataset, ReadOptions};
use guided_dropout_lab::device::DeviceKind;
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::results::{DatasetInput, Input, Inputs as Described};
use guided_dropout_lab::models::folder::ModelFiles;
use guided_dropout_lab::selftest::open_checked;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Files in memory, and what is said of them.
pub struct Inputs {
    pub dataset: Dataset,
    prose: String,
    /// The files of the model.
    pub model: ModelFiles,
    head: Option<Vec<u8>>,
    device: DeviceKind,
    /// Names, digests, and how the labelled file is read.
    pub described: Described,
}

impl Inputs {
    pub fn read(arguments: &Arguments, reading: &ReadOptions) -> Result<Inputs, Failure> {
        let model = model_folder::read("--model", &arguments.model)?;
        let rows = files::read("FILE", &arguments.file)?;
        let read_other =
            |(option, path, portion)| files::read(option, path).map(|bytes| (files::name(path), portion, bytes));
        let others = arguments.other_files().map(read_other).collect::<Result<Vec<_>, Failure>>()?;
        let prose = files::read("--prose", &arguments.prose)?;
        let head = arguments.head.as_deref().map(|path| files::read("--head", path)).transpose()?;
        let one = |path: &Path, bytes: &[u8]| [(files::name(path), hex(bytes))].into();
        let mut of_model: BTreeMap<String, String> =
            model.named().into_iter().map(|(name, bytes)| (name.to_string(), hex(bytes))).collect();
        of_model.extend(head.iter().map(|bytes| ("head.safetensors".to_string(), hex(bytes))));
        let mut of_dataset: BTreeMap<String, String> = one(&arguments.file, &rows);
        for (name, _, bytes) in &others {
            if of_dataset.insert(name.clone(), hex(bytes)).is_some() {
                return Err(format!("{name}: expected labelled files of different names, got two of this one").into());
            }
        }
        let described = Described {
            dataset: DatasetInput { name: reading.name.clone(), sha256: of_dataset, options: reading.clone() },
            model: Input { name: files::name(&arguments.model), sha256: of_model },
            corpus: Input { name: files::name(&arguments.prose), sha256: one(&arguments.prose, &prose) },
        };
        let not_text = |error| format!("--prose {}: expected UTF-8 text, got {error}", arguments.prose.display());
        let files: Vec<DataFile<'_>> =
            others.iter().map(|(name, portion, bytes)| DataFile { name, portion: *portion, bytes }).collect();
        Ok(Inputs {
            dataset: Dataset::read_files(&rows, reading, &files)?,
            prose: String::from_utf8(prose).map_err(not_text)?,
            model,
            head,
            device: arguments.device(),
            described,
        })
    }

    /// A lab that holds all of it.
    pub fn lab(&self) -> Result<Lab, Failure> {
        let mut lab = Lab::new(pollster::block_on(open_checked(self.device))?);
        let ModelFiles { config, weights, tokenizer, .. } = &self.model;
        lab.load_model(&self.described.model.name, config, weights, tokenizer)?;
        if let Some(head) = &self.head {
            lab.add_head(head)?;
        }
        lab.set_dataset(self.dataset.clone());
        lab.set_corpus(&self.prose);
        Ok(lab)
    }
}

/// Every file that is read, with the option that names it.
pub fn paths(arguments: &Arguments) -> Vec<(&'static str, &Path)> {
    let mut paths = vec![("FILE", arguments.file.as_path()), ("--prose", &arguments.prose)];
    paths.extend(arguments.other_files().map(|(option, path, _)| (option, path)));
    paths.extend(arguments.head.as_deref().map(|path| ("--head", path)));
    paths.extend(arguments.plan.as_deref().map(|path| ("--plan", path)));
    paths.extend(arguments.labels.paths());
    paths
}

/// SHA-256 in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
