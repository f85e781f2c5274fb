//! A pretrained model: configuration, checkpoint and tokenizer, copied into every run.

use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::models::checkpoint::{Checkpoint, HostTensor, lm_head_shapes};
use crate::models::classifier::Classifier;
use crate::models::config::ModelConfig;
use crate::models::remark::{Remark, remarks};
use crate::models::transformer::Model;
use burn::module::Module;
use burn::tensor::Device;

/// A pretrained model, ready to be copied into runs.
pub struct Pretrained {
    /// The name under which it is known.
    pub name: String,
    /// Its shape.
    pub config: ModelConfig,
    /// Its tensors on the host.
    pub checkpoint: Checkpoint,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// Head tensors that it lacks.
    pub drawn: Vec<String>,
    /// Tensors that it has too many.
    pub unused: Vec<String>,
    /// Remarks about the checkpoint.
    pub remarks: Vec<Remark>,
    /// The classifier of named classes that its file has; see [`Pretrained::model_with_classifier`].
    pub classifier: Option<Classifier>,
    /// Its parameters, with a classifier of two classes.
    pub parameters: usize,
}

impl Pretrained {
    /// Reads a model from the bytes of `config.json`, `model.safetensors` and `tokenizer.json`, and builds it once on
    /// `device` to see that it is whole.
    ///
    /// # Errors
    /// Those of [`ModelConfig::from_bytes`], [`Checkpoint::from_bytes`], [`Checkpoint::model`] and
    /// [`Tokenizer::from_bytes`]; and a tokenizer with more tokens than the model, or with ids that the model has no row for.
    pub fn new(name: &str, config: &[u8], weights: &[u8], tokenizer: &[u8], device: &Device) -> Result<Pretrained> {
        let config = ModelConfig::from_bytes(config)?;
        let mut checkpoint = Checkpoint::from_bytes(weights, config.family)?;
        // Trained for whatever task; a run of this one begins with a head that is drawn by its seed.
        let classifier = Classifier::of(&checkpoint, &config);
        let classes = checkpoint.forget_classifier();
        let tokenizer = Tokenizer::from_bytes(tokenizer)?;
        if tokenizer.vocabulary_size() > config.vocab_size {
            let expected = format!("at most vocab_size = {} tokens", config.vocab_size);
            let got = tokenizer.vocabulary_size().to_string();
            return Err(Error::new(ErrorKind::Tokenizer, Place::named("tokenizer.json"), expected, got));
        }
        let (id, kind) = tokenizer.highest_ids()?;
        check_ids("token ids", id, "vocab_size", config.vocab_size)?;
        check_ids("type ids", kind, "type_vocab_size", config.type_vocab_size)?;
        let loaded = checkpoint.model(&config, 2, 0, device)?;
        let remarks = remarks(&config, checkpoint.prefix(), classes, checkpoint.names());
        Ok(Pretrained {
            name: name.to_string(),
            config,
            checkpoint,
            tokenizer,
            drawn: loaded.drawn,
            unused: loaded.unused,
            remarks,
            classifier,
            parameters: loaded.model.num_params(),
        })
    }

    /// Checks that the model has a row for each type id of a pair. As in transformers, a model of one type and a tokenizer
    /// that writes two go together for as long as no text has a second one.
    ///
    /// # Errors
    /// [`ErrorKind::Tokenizer`] where it has not.
    pub fn check_pairs(&self) -> Result<()> {
        check_ids(
            "type ids of pairs",
            self.tokenizer.highest_pair_type()?,
            "type_vocab_size",
            self.config.type_vocab_size,
        )
    }

    /// Takes the masked-language-model head that the checkpoint lacks from the bytes of another `model.safetensors`, one
    /// trained on this very encoder.
    ///
    /// # Errors
    /// [`ErrorKind::Weights`] if there is a head already, or a tensor of it is missing or of another shape.
    pub fn add_head(&mut self, bytes: &[u8]) -> Result<()> {
        let wrong = |column: &str, expected: String, got: String| {
            Err(Error::new(ErrorKind::Weights, Place::named("head.safetensors").column(column), expected, got))
        };
        if self.checkpoint.has_lm_head() {
            return wrong("", format!("{} to have no masked-language-model head", self.name), "one".into());
        }
        let head = Checkpoint::from_bytes(bytes, self.config.family)?;
        let shapes = lm_head_shapes(&self.config);
        for (name, shape) in &shapes {
            match head.shape(name) {
                Some(found) if found == shape => {}
                found => return wrong(name, format!("a tensor of shape {shape:?}"), format!("{found:?}")),
            }
        }
        self.parameters += shapes.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum::<usize>();
        // A whole model's file has an encoder too, which is not this one.
        self.checkpoint.merge(head, |name| shapes.iter().any(|(of_head, _)| of_head == name));
        Ok(())
    }

    /// A copy on `device`, with a head of `outputs` classes drawn by `head_seed`, whether or not the checkpoint has one.
    ///
    /// # Errors
    /// Those of [`Checkpoint::model`].
    pub fn model(&self, outputs: usize, head_seed: u32, device: &Device) -> Result<Model> {
        Ok(self.checkpoint.model(&self.config, outputs, head_seed, device)?.model)
    }

    /// The tensors of the checkpoint's own classifier, for a data set of these labels.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where there is none, or of other classes.
    pub fn kept_classifier(&self, labels: &[String]) -> Result<Vec<(String, HostTensor)>> {
        let classifier = self.classifier.as_ref().ok_or_else(|| {
            let expected = format!("{} to have a classifier whose classes config.json names in id2label", self.name);
            Error::new(ErrorKind::Config, Place::named("keep_classifier"), expected, "none")
        })?;
        classifier.ordered(labels)
    }

    /// A copy on `device` with the checkpoint's own classifier, whose classes are these labels.
    ///
    /// # Errors
    /// Those of [`Pretrained::kept_classifier`] and [`Checkpoint::model`].
    pub fn model_with_classifier(&self, labels: &[String], head_seed: u32, device: &Device) -> Result<Model> {
        let head = self.kept_classifier(labels)?;
        Ok(self.checkpoint.model_with(&head, &self.config, labels.len(), head_seed, device)?.model)
    }
}

fn check_ids(what: &str, highest: u32, key: &str, size: usize) -> Result<()> {
    if (highest as usize) < size {
        return Ok(());
    }
    let expected = format!("{what} below {key} = {size}");
    Err(Error::new(ErrorKind::Tokenizer, Place::named("tokenizer.json"), expected, highest.to_string()))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use safetensors::tensor::TensorView;

    const CONFIG: &str = include_str!("../../tests/fixtures/tiny_bert/config.json");
    const WEIGHTS: &[u8] = include_bytes!("../../tests/fixtures/tiny_bert/model.safetensors");
    const TOKENIZER: &str = include_str!("../../tests/fixtures/tiny_bert/tokenizer.json");

    /// The fixture without its masked-language-model head, and with another number at the start of an encoder's tensor.
    fn changed(name: &str, first: f32, is_kept: fn(&str) -> bool) -> Vec<u8> {
        let mut file = WEIGHTS.to_vec();
        let header = 8 + u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let json: serde_json::Value = serde_json::from_slice(&file[8..header]).unwrap();
        let at = header + json[name]["data_offsets"][0].as_u64().unwrap() as usize;
        file[at..at + 4].copy_from_slice(&first.to_le_bytes());
        let file = safetensors::SafeTensors::deserialize(&file).unwrap();
        safetensors::serialize(file.iter().filter(|(name, _)| is_kept(name)), None).unwrap()
    }

    #[test]
    fn a_head_from_a_whole_model_leaves_the_encoder() {
        const NORM: &str = "bert.embeddings.LayerNorm.weight";
        let headless = changed(NORM, 0.5, |name| !name.starts_with("cls."));
        let mut model =
            Pretrained::new("tiny", CONFIG.as_bytes(), &headless, TOKENIZER.as_bytes(), &Device::flex()).unwrap();
        model.add_head(&changed(NORM, 7.0, |_| true)).unwrap();
        assert!(model.checkpoint.has_lm_head());
        assert_eq!(model.checkpoint.get(NORM).unwrap().values[0], 0.5);
    }

    /// BERT's decoder is its word embeddings; a file in which it is something else is another architecture.
    #[test]
    fn a_decoder_of_its_own_is_refused() {
        const WORDS: &str = "bert.embeddings.word_embeddings.weight";
        let file = safetensors::SafeTensors::deserialize(WEIGHTS).unwrap();
        let with_decoder = |decoder: &[u8]| {
            let words = file.tensor(WORDS).unwrap();
            let decoder = TensorView::new(words.dtype(), words.shape().to_vec(), decoder).unwrap();
            let decoder = ("cls.predictions.decoder.weight", decoder);
            let bytes = safetensors::serialize(file.iter().chain([decoder]), None).unwrap();
            let read = Pretrained::new("tiny", CONFIG.as_bytes(), &bytes, TOKENIZER.as_bytes(), &Device::flex());
            read.map(|_| ()).map_err(|error| error.to_string())
        };
        let words = file.tensor(WORDS).unwrap().data();
        assert_eq!(with_decoder(words), Ok(()));
        let other = [&7f32.to_le_bytes(), &words[4..]].concat();
        let said = with_decoder(&other).unwrap_err();
        assert!(said.ends_with("decoder.weight\": expected the word embeddings, tied, got other numbers"), "{said}");
    }

    #[test]
    fn ids_that_the_model_has_no_row_for_are_refused() {
        let said = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut json = serde_json::from_str(TOKENIZER).unwrap();
            change(&mut json);
            let read =
                Pretrained::new("tiny", CONFIG.as_bytes(), WEIGHTS, json.to_string().as_bytes(), &Device::flex());
            read.map(|_| ()).unwrap_err().to_string()
        };
        let in_vocabulary = said(&|json| json["model"]["vocab"]["the"] = 5_000_000.into());
        assert!(in_vocabulary.contains("token ids below vocab_size") && in_vocabulary.ends_with("5000000"));
        let in_template = said(&|json| json["post_processor"]["special_tokens"]["[SEP]"]["ids"][0] = 999_999.into());
        assert!(in_template.ends_with("got 999999"), "{in_template}");
        let of_types = said(&|json| json["post_processor"]["single"][1]["Sequence"]["type_id"] = 7.into());
        assert!(of_types.ends_with("expected type ids below type_vocab_size = 2, got 7"), "{of_types}");
        let no_template = said(&|json| json["post_processor"] = serde_json::Value::Null);
        assert!(no_template.contains("special tokens around each text"), "{no_template}");
    }
}
