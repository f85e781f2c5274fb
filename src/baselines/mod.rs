//! Baselines that are not transformers: the majority class or mean, and linear models on TF-IDF, on the same splits.
//!
//! Classes: the most frequent one, and TF-IDF with logistic regression. Scores: the mean, and TF-IDF with ridge regression. With scikit-learn's
//! defaults; `tests/fixtures/baselines.json` holds what scikit-learn predicts. A pair is read as one text, first and second.

mod features;
mod linear;
mod minimise;

use crate::data::class_weights::ClassWeights;
use crate::data::dataset::{Dataset, Example, Target, Task};
use features::{SparseRow, Tfidf};
use linear::Linear;
use serde::{Deserialize, Serialize};

/// One of the baselines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// The most frequent class of the training rows, the first of equals.
    Majority,
    /// TF-IDF of words and word pairs, and logistic regression.
    TfidfLogistic,
    /// The mean score of the training rows.
    Mean,
    /// TF-IDF of words and word pairs, and ridge regression.
    TfidfRidge,
}

impl Baseline {
    /// The baselines of a task, the one that a transformer has to beat last.
    pub fn of(task: Task) -> [Baseline; 2] {
        match task {
            Task::Classification => [Baseline::Majority, Baseline::TfidfLogistic],
            Task::Regression => [Baseline::Mean, Baseline::TfidfRidge],
        }
    }

    /// The baseline's name in results.
    pub fn name(self) -> &'static str {
        match self {
            Baseline::Majority => "majority",
            Baseline::TfidfLogistic => "tfidf-logistic",
            Baseline::Mean => "mean",
            Baseline::TfidfRidge => "tfidf-ridge",
        }
    }

    /// Learns from the examples at `train` and predicts those at `test`: class numbers, or scores. `class_weights` count in the logistic
    /// regression alone: a majority of weighted classes would be a tie.
    pub fn predictions(
        self,
        dataset: &Dataset,
        train: &[usize],
        test: &[usize],
        class_weights: ClassWeights,
    ) -> Vec<f64> {
        let learnt = || train.iter().filter_map(|&i| dataset.learnt(i));
        let classes = || learnt().map(class).collect::<Vec<_>>();
        let scores = || learnt().map(score).collect::<Vec<_>>();
        match self {
            Baseline::Majority => {
                let mut counts = vec![0; dataset.labels.len()];
                classes().into_iter().for_each(|class| counts[class] += 1);
                vec![largest(&counts) as f64; test.len()]
            }
            Baseline::Mean => vec![scores().iter().sum::<f64>() / train.len() as f64; test.len()],
            Baseline::TfidfLogistic => {
                let (rows, tested, columns) = features(dataset, train, test);
                let classes = classes();
                let weights = class_weights.of(dataset.labels.len(), &classes);
                let model = Linear::logistic(&rows, columns, &classes, dataset.labels.len(), weights.as_deref());
                tested.iter().map(|row| largest(&model.predict(row)) as f64).collect()
            }
            Baseline::TfidfRidge => {
                let (rows, tested, columns) = features(dataset, train, test);
                let model = Linear::ridge(&rows, columns, &scores());
                tested.iter().map(|row| model.predict(row)[0]).collect()
            }
        }
    }
}

/// Rows to learn from, rows to predict, and how many columns they have.
fn features(dataset: &Dataset, train: &[usize], test: &[usize]) -> (Vec<SparseRow>, Vec<SparseRow>, usize) {
    let text = |&i: &usize| {
        let Example { text, pair, .. } = &dataset.examples[i];
        pair.as_ref().map_or_else(|| text.clone(), |pair| format!("{text} {pair}"))
    };
    let texts: Vec<String> = train.iter().map(text).collect();
    let tfidf = Tfidf::fit(texts.iter().map(String::as_str));
    let rows = texts.iter().map(|text| tfidf.row(text)).collect();
    (rows, test.iter().map(|i| tfidf.row(&text(i))).collect(), tfidf.columns())
}

/// The place of the first of the largest values.
fn largest<T: PartialOrd + Copy>(values: &[T]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

fn class(target: Target) -> usize {
    match target {
        Target::Class(class) => class,
        Target::Score(score) => unreachable!("a class, not the score {score}"),
    }
}

fn score(target: Target) -> f64 {
    match target {
        Target::Score(score) => f64::from(score),
        Target::Class(class) => unreachable!("a score, not the class {class}"),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
