//! The exported model of a run, and what it predicts.

use crate::common::finish;
use crate::lab::{config, job, lab, run};
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions, Target, Task};
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::Job;
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::training::evaluation::probabilities;

/// The exported model's answers to the rows of the run's test part, each alone, with their targets.
async fn predictions_of_the_export(lab: &mut Lab, config: &Config) -> Vec<(Vec<f32>, Target)> {
    let trained = lab.load_trained(&lab.export_model().await.unwrap()).unwrap();
    let mut answers = Vec::new();
    for index in lab.dataset().unwrap().split(1, config.test_fraction).unwrap().test {
        let example = lab.dataset().unwrap().examples[index].clone();
        let (_, logits) = lab.predict(&trained, &example.text, None, config.max_tokens).await.unwrap();
        answers.push((logits, example.target));
    }
    answers
}

/// The exported model's logits are those of the run's last evaluation: the same loss to six digits, and the same answer to each row.
async fn the_exported_model_is_the_trained_one(device: Device) {
    let mut lab = lab(device);
    let config = config(&[Arm::None]);
    let arms = lab.arms(&config, None).unwrap();
    let report = run(&mut lab, &config, Arm::None, 1, &arms[&Arm::None], 10).await;
    let answers = predictions_of_the_export(&mut lab, &config).await;
    assert_eq!((answers.len(), report.predictions.len()), (8, 8));
    let mut sum = 0.0;
    for ((logits, target), &predicted) in answers.iter().zip(&report.predictions) {
        assert_eq!(usize::from(logits[1] > logits[0]) as f32, predicted, "{logits:?}");
        let Target::Class(class) = *target else { panic!("{target:?}") };
        sum -= probabilities(logits)[class].ln();
    }
    let (loss, expected) = (sum / 8.0, report.epochs.last().unwrap().eval_loss);
    assert!((loss - expected).abs() < 1e-6 * expected, "{loss} where the evaluation had {expected}");
}

/// A head of one output, from rows to the exported model: it learns what there is to learn, its metrics are those of its predictions, and the
/// exported model's scores are the run's.
async fn a_regression_learns_its_scores(device: Device) {
    let mut lab = lab(device);
    let rows: String = (0..20)
        .map(|i| format!("the river and the boat {i} at night,1.5\na word on the board {i} of a teacher,-0.5\n"))
        .collect();
    let options = ReadOptions { task: Some(Task::Regression), ..ReadOptions::default() };
    lab.set_dataset(Dataset::read(format!("text,score\n{rows}").as_bytes(), &options).unwrap());
    let config = RawConfig { epochs: 24, ..(*config(&[Arm::None])).clone() }.check().unwrap();
    let arms = lab.arms(&config, None).unwrap();
    let job = Job { units: 96, ..job(Arm::None, 1) };
    let Some(Event::RunDone { run }) = finish(&mut lab, &config, &job, Some(&arms[&Arm::None]), 10).await.pop() else {
        panic!("a run ends with run_done")
    };
    let answers = predictions_of_the_export(&mut lab, &config).await;
    assert_eq!((answers.len(), run.predictions.len()), (8, 8));
    let (mut ours, mut targets) = (Vec::new(), Vec::new());
    for ((scores, target), &predicted) in answers.iter().zip(&run.predictions) {
        let Target::Score(score) = *target else { panic!("{target:?}") };
        assert!(scores.len() == 1 && (scores[0] - predicted).abs() < 1e-5, "{scores:?} where the run had {predicted}");
        ours.push(f64::from(predicted));
        targets.push(f64::from(score));
    }
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / 8.0;
    let squared = mean(&mut ours.iter().zip(&targets).map(|(o, t)| (o - t).powi(2)));
    let last = run.epochs.last().unwrap();
    assert!((squared - last.eval_loss).abs() < 1e-5 * squared, "{squared} where the evaluation had {}", last.eval_loss);
    assert!(squared < 0.2, "two scores 2 apart are told apart: {squared}, from {}", run.epochs[0].eval_loss);
    let about = |values: &[f64]| {
        let middle = mean(&mut values.iter().copied());
        values.iter().map(|v| v - middle).collect::<Vec<f64>>()
    };
    let (ours, targets) = (about(&ours), about(&targets));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let pearson = product(&ours, &targets) / (product(&ours, &ours) * product(&targets, &targets)).sqrt();
    assert!(
        (pearson - last.scores.pearson.unwrap()).abs() < 1e-5,
        "{pearson} where the run says {:?}",
        last.scores.pearson
    );
}

tests_on!(cpu: the_exported_model_is_the_trained_one, a_regression_learns_its_scores);
