//! Runs: what their numbers depend on, and what they do not depend on.

use crate::lab::{arms, assert_apart, config, job, lab, losses, rows as rows_of_file, run};
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::{Correction, Dataset, ReadOptions};
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::results::RunReport;
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::training::recipe::LearningRateSchedule;

/// A run's numbers depend on its arm and seed, not on what ran before or how often it was asked to advance.
async fn the_same_seed_gives_the_same_numbers(device: Device) {
    let mut lab = lab(device);
    let config = config(&[Arm::Guided, Arm::Standard]);
    let arms = arms(&mut lab, &config).await;
    let first = run(&mut lab, &config, Arm::Guided, 1, &arms[&Arm::Guided], 1).await;
    let other_seed = run(&mut lab, &config, Arm::Guided, 2, &arms[&Arm::Guided], 3).await;
    let again = run(&mut lab, &config, Arm::Guided, 1, &arms[&Arm::Guided], 100).await;
    assert_eq!(first, again);
    assert_eq!((first.steps.len(), first.epochs.len(), first.predictions.len()), (8, 2, 8));
    assert_apart(&first, &other_seed);
    let standard = run(&mut lab, &config, Arm::Standard, 1, &arms[&Arm::Standard], 5).await;
    assert_apart(&first, &standard);
    let [begin, end] = &first.epochs[..] else { panic!("two epochs") };
    assert!(end.train_loss < begin.train_loss && end.eval_loss < begin.eval_loss, "it learns: {first:?}");
}

/// Evaluations look at a run and change nothing of it.
async fn evaluating_less_often_changes_no_step(device: Device) {
    let mut lab = lab(device);
    let each = RawConfig { epochs: 3, ..(*config(&[Arm::Standard])).clone() };
    let seldom = RawConfig { evaluate_every: 2, ..each.clone() }.check().unwrap();
    let each = each.check().unwrap();
    let arms = lab.arms(&each, None).unwrap();
    let whole = run(&mut lab, &each, Arm::Standard, 1, &arms[&Arm::Standard], 7).await;
    let part = run(&mut lab, &seldom, Arm::Standard, 1, &arms[&Arm::Standard], 7).await;
    assert_eq!(losses(&part), losses(&whole));
    assert_eq!((part.epochs.len(), &part.epochs[1].scores), (2, &whole.epochs[2].scores));
    let at = |run: &RunReport| run.epochs.iter().map(|e| (e.epoch, e.steps)).collect::<Vec<_>>();
    assert_eq!((at(&whole), at(&part)), (vec![(1, 4), (2, 4), (3, 4)], vec![(2, 8), (3, 4)]));
    let [first, second] = [&whole.epochs[0], &whole.epochs[1]].map(|e| e.train_loss);
    assert!((part.epochs[0].train_loss - (first + second) / 2.0).abs() < 1e-12);
    let work = |lab: &Lab, config: &Config| lab.plan(config.clone()).unwrap().jobs[0].work;
    assert!(work(&lab, &seldom) < work(&lab, &each));
}

/// With a rate that stays after warm-up, a longer run begins with the shorter one; with one that falls to 0, it does not.
async fn a_longer_run_at_a_constant_rate_begins_with_the_shorter(device: Device) {
    let mut lab = lab(device);
    let begins_alike = async |lab: &mut Lab, learning_rate_schedule| {
        let of_length = |epochs| {
            let raw = RawConfig { epochs, learning_rate_schedule, ..(*config(&[Arm::Standard])).clone() };
            raw.check().unwrap()
        };
        let arms = lab.arms(&of_length(1), None).unwrap();
        let short = run(lab, &of_length(1), Arm::Standard, 1, &arms[&Arm::Standard], 10).await;
        let long = run(lab, &of_length(3), Arm::Standard, 1, &arms[&Arm::Standard], 10).await;
        assert_eq!((short.steps.len(), long.steps.len()), (4, 12));
        (losses(&short) == losses(&long)[..4], short.epochs[0].scores == long.epochs[0].scores)
    };
    assert_eq!(begins_alike(&mut lab, LearningRateSchedule::Constant).await, (true, true));
    assert!(!begins_alike(&mut lab, LearningRateSchedule::Linear).await.0);
}

/// A run of two epochs continued to five is, to the last bit, the run of five: model, losses, scores and answers.
async fn a_continued_run_is_the_uninterrupted_one(device: Device) {
    let mut lab = lab(device);
    let of_length = |epochs, learning_rate_schedule| {
        let raw = RawConfig { epochs, learning_rate_schedule, ..(*config(&[Arm::Guided])).clone() };
        raw.check().unwrap()
    };
    let [two, five] = [2, 5].map(|epochs| of_length(epochs, LearningRateSchedule::Constant));
    let arms = arms(&mut lab, &two).await;
    let (job, rates) = (job(Arm::Guided, 1), &arms[&Arm::Guided]);
    let whole = run(&mut lab, &five, Arm::Guided, 1, rates, 7).await;
    let whole_model = lab.export_model().await.unwrap();

    let begun = run(&mut lab, &two, Arm::Guided, 1, rates, 7).await;
    let state = lab.export_state().await.unwrap();
    run(&mut lab, &two, Arm::Guided, 2, rates, 7).await; // something else in between
    lab.resume(&five, &job, Some(rates), begun.clone(), &state).unwrap();
    let mut continued = None;
    while let some @ [_, ..] = &lab.advance(3).await.unwrap()[..] {
        let steps = some.iter().filter(|e| matches!(e, Event::Step { step, .. } if *step <= begun.steps.len()));
        assert_eq!(steps.count(), 0, "finished epochs are not repeated");
        continued = some.last().cloned();
    }
    let Some(Event::RunDone { run: continued }) = continued else { panic!("a run ends with run_done") };
    assert_eq!(continued, whole);
    assert!(lab.export_model().await.unwrap() == whole_model, "the same parameters");

    let mut refused = |config: &Config, report: &RunReport| {
        lab.resume(config, &job, Some(rates), report.clone(), &state).unwrap_err().to_string()
    };
    let decaying = of_length(5, LearningRateSchedule::Linear);
    assert!(refused(&decaying, &begun).contains("learning_rate_schedule"));
    assert!(refused(&two, &begun).contains("fewer than 2"));
    assert!(refused(&five, &RunReport { seed: 2, ..begun.clone() }).contains("seed 2"));
    assert!(refused(&five, &RunReport { steps: begun.steps[1..].to_vec(), ..begun.clone() }).contains("7 reported"));
    let error = lab.resume(&five, &job, Some(rates), begun, &whole_model).unwrap_err().to_string();
    assert!(error.contains("run state"), "{error}");
    run(&mut lab, &decaying, Arm::Guided, 1, rates, 7).await;
    assert!(lab.export_state().await.unwrap_err().to_string().contains("constant"), "nothing to continue");
}

/// Rates of 0 everywhere, given by hand, are the arm `none`, to the last bit.
async fn rates_of_zero_are_no_dropout(device: Device) {
    let mut lab = lab(device);
    let config = config(&[Arm::Guided, Arm::None]);
    let arms = arms(&mut lab, &config).await;
    let mut zero = arms[&Arm::Guided].clone();
    zero.rates.iter_mut().for_each(|r| r.rate = 0.0);
    let none = run(&mut lab, &config, Arm::None, 1, &arms[&Arm::None], 10).await;
    let by_hand = run(&mut lab, &config, Arm::Custom, 1, &zero, 10).await;
    assert_eq!(losses(&none), losses(&by_hand));
    let guided = run(&mut lab, &config, Arm::Guided, 1, &arms[&Arm::Guided], 10).await;
    assert_apart(&none, &guided);
}

/// The same run on another device: the same masks, the same batches, and losses that differ by rounding alone.
#[cfg(all(target_arch = "wasm32", feature = "gpu"))]
async fn webgpu_agrees_with_the_cpu(gpu: Device) {
    use crate::lab::apart;
    let config = config(&[Arm::Guided, Arm::None]);
    let mut reports = Vec::new();
    for device in [Device::flex(), gpu] {
        let mut lab = lab(device);
        let arms = arms(&mut lab, &config).await;
        let guided = run(&mut lab, &config, Arm::Guided, 1, &arms[&Arm::Guided], 4).await;
        let none = run(&mut lab, &config, Arm::None, 1, &arms[&Arm::None], 4).await;
        assert_apart(&guided, &none);
        reports.push((arms, losses(&guided), losses(&none)));
    }
    let [(rates, guided, none), (other_rates, other_guided, other_none)] = &reports[..] else { panic!("two devices") };
    assert_eq!(rates, other_rates, "guided rates");
    for found in [apart(guided, other_guided), apart(none, other_none)] {
        // The golden tolerance of a GPU and its growth over ten steps; the first step has rate 0, so the second begins from the same weights.
        assert!(found[..2].iter().all(|&share| share < 1e-4) && found.iter().all(|&share| share < 5e-4), "{found:?}");
    }
}

/// Corrections of a seed's test rows change nothing of its run; those of its training rows change what is learnt, and not what is tested on.
async fn test_rows_keep_their_labels_whatever_is_corrected(device: Device) {
    let mut lab = lab(device);
    let config = config(&[Arm::Standard]);
    let rates = lab.arms(&config, None).unwrap();
    let split = config.split(lab.dataset().unwrap(), 1).unwrap();
    let correct = |lab: &mut Lab, rows: &[usize], label: Option<&str>| {
        let of = |&example: &usize| {
            let given = ["water", "school"][example % 2];
            Correction { example, given: given.into(), corrected: label.map(String::from) }
        };
        let options = ReadOptions { corrections: rows.iter().map(of).collect(), ..ReadOptions::default() };
        lab.set_dataset(Dataset::read(rows_of_file().as_bytes(), &options).unwrap());
    };
    let whole = run(&mut lab, &config, Arm::Standard, 1, &rates[&Arm::Standard], 7).await;
    for label in [Some("water"), None] {
        correct(&mut lab, &split.test, label);
        assert_eq!(run(&mut lab, &config, Arm::Standard, 1, &rates[&Arm::Standard], 7).await, whole, "{label:?}");
    }
    let tested = |run: &RunReport| -> Vec<usize> {
        run.confusion.as_ref().unwrap().iter().map(|row| row.iter().sum()).collect()
    };
    correct(&mut lab, &split.train, Some("water"));
    let relabelled = run(&mut lab, &config, Arm::Standard, 1, &rates[&Arm::Standard], 7).await;
    assert_apart(&whole, &relabelled);
    assert_eq!(tested(&relabelled), tested(&whole));
    assert!(relabelled.predictions.iter().all(|&class| class == 1.0), "all that it has seen is \"water\"");
    correct(&mut lab, &split.train[..16], None);
    let fewer = lab.plan(config.clone()).unwrap();
    assert_eq!((fewer.train_rows, fewer.test_rows), (16, 8));
}

tests_on!(
    cpu:
    test_rows_keep_their_labels_whatever_is_corrected,
    the_same_seed_gives_the_same_numbers,
    evaluating_less_often_changes_no_step,
    a_longer_run_at_a_constant_rate_begins_with_the_shorter,
    a_continued_run_is_the_uninterrupted_one,
    rates_of_zero_are_no_dropout,
);
tests_on!(webgpu: webgpu_agrees_with_the_cpu);
