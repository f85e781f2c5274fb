//! Predictions for the rows of an unlabelled file, of any length: bytes in, bytes out, one piece after the other.

use super::{EVALUATION_ROWS, Lab};
use crate::data::dataset::{
    Answer, LabelledWriter, ReadOptions, Rejection, Task, Unlabelled, UnlabelledLayout, UsualColumns,
};
use crate::data::tokenizer::{Encoding, Tokenizer};
use crate::error::Result;
use crate::models::transformer::Model;
use crate::training::evaluation::{predict, probabilities};
use crate::training::examples::Examples;
use serde::Serialize;

/// Bytes of a file between two answers: some hundreds of short texts, so that a pause is soon obeyed.
pub const PIECE_BYTES: usize = 16 << 10;
/// Rows without an answer that are kept with their reasons; the others are counted.
const KEPT_REJECTIONS: usize = 20;

/// What was done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Labelled {
    /// Rows that have an answer.
    pub rows: u64,
    /// Rows that a model could not answer; they are written without one.
    pub unanswered: u64,
    /// The first of these, with reasons.
    pub rejected: Vec<Rejection>,
}

/// A file that is being labelled.
pub struct Labelling {
    file: Unlabelled,
    writer: LabelledWriter,
    tokenizer: Tokenizer,
    labels: Vec<String>,
    so_far: Labelled,
}

impl Labelling {
    /// How the file was understood.
    pub fn layout(&self) -> &UnlabelledLayout {
        self.file.layout()
    }

    /// The names of the columns that are added.
    pub fn added(&self) -> &[String] {
        self.writer.names()
    }

    /// What was done so far.
    pub fn so_far(&self) -> &Labelled {
        &self.so_far
    }
}

impl Lab {
    /// Understands a file by its beginning ([`Unlabelled::open`]); `labels` of the models that will answer, none for a regression, whose texts are cut to
    /// `max_tokens`.
    ///
    /// # Errors
    /// Those of [`Unlabelled::open`], and a missing model.
    pub fn open_unlabelled(
        &self,
        (head, is_whole): (&[u8], bool),
        options: &ReadOptions,
        usual: &UsualColumns,
        (labels, max_tokens): (Vec<String>, usize),
    ) -> Result<Labelling> {
        let file = Unlabelled::open(head, is_whole, options, usual)?;
        let names: &[&str] = if labels.is_empty() { &["score"] } else { &["label", "probability", "second_label"] };
        let writer = file.writer(names);
        let tokenizer = self.pretrained()?.tokenizer.cut_to(max_tokens)?;
        Ok(Labelling { file, writer, tokenizer, labels, so_far: Labelled::default() })
    }

    /// The next bytes of the file as rows with answers: of one model, or by the mean of several models' probabilities or scores. What comes out belongs
    /// behind what came out before.
    ///
    /// # Errors
    /// Those of [`Unlabelled::read`], of the tokenizer and of the device.
    pub async fn label_rows(
        &self,
        labelling: &mut Labelling,
        models: &[&Model],
        bytes: &[u8],
        is_last: bool,
    ) -> Result<Vec<u8>> {
        let rows = labelling.file.read(bytes, is_last)?;
        let texts = rows.iter().filter(|row| !row.is_header()).filter_map(|row| row.texts.as_ref().ok());
        let encodings = texts.map(|(text, pair)| labelling.tokenizer.encode(text, pair.as_deref()));
        let encodings = encodings.collect::<Result<Vec<_>>>()?;
        let means = self.mean_answers(models, encodings, &labelling.tokenizer, labelling.labels.is_empty()).await?;
        let mut means = means.into_iter();
        for row in &rows {
            let so_far = &mut labelling.so_far;
            let answer = match &row.texts {
                _ if row.is_header() => None,
                Ok(_) => {
                    so_far.rows += 1;
                    means.next().map(|mean| answer(&mean, &labelling.labels))
                }
                Err(rejection) => {
                    so_far.unanswered += 1;
                    if so_far.rejected.len() < KEPT_REJECTIONS {
                        so_far.rejected.push(rejection.clone());
                    }
                    None
                }
            };
            labelling.writer.write(row, answer.as_ref());
        }
        Ok(labelling.writer.take())
    }

    /// For each text the mean over models of its probabilities, or of its one score.
    async fn mean_answers(
        &self,
        models: &[&Model],
        encodings: Vec<Encoding>,
        tokenizer: &Tokenizer,
        is_regression: bool,
    ) -> Result<Vec<Vec<f64>>> {
        let mut by_length: Vec<usize> = (0..encodings.len()).collect();
        by_length.sort_by_key(|&row| encodings[row].ids.len()); // little padding
        let task = if is_regression { Task::Regression } else { Task::Classification };
        let mut means: Vec<Vec<f64>> = vec![Vec::new(); encodings.len()];
        let examples = Examples {
            encodings,
            targets: Vec::new(),
            task,
            outputs: 1,
            pad_id: tokenizer.pad_id(),
            class_weights: None,
        };
        for some in by_length.chunks(EVALUATION_ROWS) {
            for model in models {
                let logits = predict(model, &examples, some, &self.plain_device()).await?;
                for (&row, logits) in some.iter().zip(&logits) {
                    let values = match task {
                        Task::Classification => probabilities(logits),
                        Task::Regression => logits.iter().copied().map(f64::from).collect(),
                    };
                    means[row].resize(values.len(), 0.0);
                    means[row].iter_mut().zip(values).for_each(|(mean, value)| *mean += value / models.len() as f64);
                }
            }
        }
        Ok(means)
    }
}

/// The two most probable labels (of equals the first ones), or the score.
fn answer(mean: &[f64], labels: &[String]) -> Answer {
    if labels.is_empty() {
        return Answer::Score(mean[0]);
    }
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| mean[b].total_cmp(&mean[a]));
    let second = order.get(1).map_or(String::new(), |&class| labels[class].clone());
    Answer::Label { label: labels[order[0]].clone(), probability: mean[order[0]], second }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn of_equally_probable_labels_the_first_is_answered() {
        let labels = ["a", "b", "c"].map(String::from).to_vec();
        let expected = |label: &str, probability, second: &str| Answer::Label {
            label: label.to_string(),
            probability,
            second: second.to_string(),
        };
        assert_eq!(answer(&[0.2, 0.3, 0.5], &labels), expected("c", 0.5, "b"));
        assert_eq!(answer(&[0.4, 0.2, 0.4], &labels), expected("a", 0.4, "c"));
        assert_eq!(answer(&[0.7], &[]), Answer::Score(0.7));
    }
}
