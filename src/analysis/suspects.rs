//! Labels that out-of-sample predictions contradict: confident learning's scores of label quality (Northcutt, Jiang and Chuang 2021,
//! *Confident Learning: Estimating Uncertainty in Dataset Labels*), pooled over several models as a mean of scores.
//!
//! Plain numbers; lower scores mean that a label is more likely wrong. The names are those of the library cleanlab, which gives the normalised
//! margin as (m + 1) / 2 and pools in the same way (`get_label_quality_ensemble_scores`, uniform weights).

use std::collections::BTreeMap;

/// What one model, which was not trained on an example, predicts for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// Which example.
    pub example: usize,
    /// The class that its label names.
    pub given: usize,
    /// The class that the model predicts.
    pub predicted: usize,
    /// How well the label agrees with the prediction.
    pub quality: Quality,
}

/// Two scores of one label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// The probability of the given label, from 0 to 1.
    pub self_confidence: f64,
    /// That less the largest probability of another label, from −1 to 1.
    pub margin: f64,
}

impl Quality {
    /// By the probability of the given label and the largest of the others.
    pub fn new(given: f64, rival: f64) -> Quality {
        Quality { self_confidence: given, margin: given - rival }
    }
}

/// The largest probability of a class other than `given`; 0 where there is no other.
pub fn rival(probabilities: &[f64], given: usize) -> f64 {
    let others = probabilities.iter().enumerate().filter(|&(class, _)| class != given);
    others.map(|(_, &probability)| probability).fold(0.0, f64::max)
}

/// An example whose usual prediction is not its label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suspect {
    /// Which example.
    pub example: usize,
    /// The class that its label names.
    pub given: usize,
    /// The class that most models predict.
    pub usual: usize,
    /// How many do.
    pub agreeing: usize,
    /// How many models were asked.
    pub asked: usize,
    /// Means over all that were asked.
    pub quality: Quality,
}

/// Examples whose usual prediction is not their label, by self-confidence, the lowest first; of equals the lower margin, then the earlier example.
///
/// Of classes that are predicted equally often, the given label counts as the usual one, else the first: a doubt needs a majority.
pub fn suspects(answers: &[Answer]) -> Vec<Suspect> {
    let mut by_example: BTreeMap<usize, Vec<&Answer>> = BTreeMap::new();
    for answer in answers {
        by_example.entry(answer.example).or_default().push(answer);
    }
    let mut suspects: Vec<Suspect> = by_example.values().filter_map(|answers| doubted(answers)).collect();
    suspects.sort_by(|a, b| {
        let by_confidence = a.quality.self_confidence.total_cmp(&b.quality.self_confidence);
        by_confidence.then(a.quality.margin.total_cmp(&b.quality.margin)).then(a.example.cmp(&b.example))
    });
    suspects
}

/// All answers about one example, at least one.
fn doubted(answers: &[&Answer]) -> Option<Suspect> {
    let &Answer { example, given, .. } = answers[0];
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    answers.iter().for_each(|answer| *counts.entry(answer.predicted).or_default() += 1);
    // Of equals the maximum is the last, which in this order is the first class.
    let (&usual, &agreeing) = counts.iter().rev().max_by_key(|&(&class, &count)| (count, class == given))?;
    let mean = |score: fn(&Quality) -> f64| {
        answers.iter().map(|answer| score(&answer.quality)).sum::<f64>() / answers.len() as f64
    };
    let quality = Quality { self_confidence: mean(|q| q.self_confidence), margin: mean(|q| q.margin) };
    (usual != given).then_some(Suspect { example, given, usual, agreeing, asked: answers.len(), quality })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// tests/fixtures/suspects.json, which scripts/suspects_golden.py writes with numpy.
    #[derive(Deserialize)]
    struct Fixture {
        labels: Vec<usize>,
        /// For each model, for each example: none where it was trained on it.
        probabilities: Vec<Vec<Option<Vec<f64>>>>,
        expected: Vec<Expected>,
    }

    #[derive(Deserialize)]
    struct Expected {
        example: usize,
        usual: usize,
        agreeing: usize,
        asked: usize,
        self_confidence: f64,
        margin: f64,
    }

    fn answer(example: usize, given: usize, probabilities: &[f64]) -> Answer {
        let rank = |&a: &usize, &b: &usize| probabilities[a].total_cmp(&probabilities[b]);
        let predicted = (0..probabilities.len()).rev().max_by(rank).unwrap();
        let quality = Quality::new(probabilities[given], rival(probabilities, given));
        Answer { example, given, predicted, quality }
    }

    #[test]
    fn the_same_ranking_as_numpy() {
        let Fixture { labels, probabilities, expected } =
            serde_json::from_str(include_str!("../../tests/fixtures/suspects.json")).unwrap();
        let of_model = |rows: &Vec<Option<Vec<f64>>>| -> Vec<Answer> {
            let asked = rows.iter().enumerate().filter_map(|(example, row)| Some((example, row.as_ref()?)));
            asked.map(|(example, row)| answer(example, labels[example], row)).collect()
        };
        let answers: Vec<Answer> = probabilities.iter().flat_map(of_model).collect();
        let found = suspects(&answers);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            let whole = [found.example, found.usual, found.agreeing, found.asked];
            assert_eq!(whole, [expected.example, expected.usual, expected.agreeing, expected.asked]);
            assert_eq!(found.given, labels[found.example]);
            assert!((found.quality.self_confidence - expected.self_confidence).abs() < 1e-12);
            assert!((found.quality.margin - expected.margin).abs() < 1e-12);
        }
    }

    #[test]
    fn a_doubt_needs_a_majority() {
        let sure = |class: usize| -> [f64; 3] { std::array::from_fn(|it| if it == class { 0.8 } else { 0.1 }) };
        let usual = |predicted: &[usize]| {
            let answers: Vec<Answer> = predicted.iter().map(|&class| answer(0, 1, &sure(class))).collect();
            suspects(&answers).first().map(|it| (it.usual, it.agreeing, it.asked))
        };
        assert_eq!(usual(&[1, 0]), None, "one for, one against");
        assert_eq!(usual(&[0, 1, 0]), Some((0, 2, 3)));
        assert_eq!(usual(&[2, 0]), Some((0, 1, 2)), "of equals the first");
        assert_eq!(usual(&[]), None);
    }

    #[test]
    fn a_single_class_has_no_rival() {
        assert_eq!(rival(&[1.0], 0), 0.0);
        assert_eq!(rival(&[0.2, 0.5, 0.3], 1), 0.3);
        assert_eq!(rival(&[0.2, 0.5, 0.3], 0), 0.5);
    }
}
