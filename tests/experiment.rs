//! Whole experiments on a tiny model: what must not depend on what.
//!
//! One body natively and in a browser's worker, on the CPU; the last test also compares WebGPU with it.

#[macro_use]
mod common;

use burn::tensor::Device;
use common::{CONFIG, TOKENIZER, WEIGHTS};
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions, Target, Task};
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, PlaneSettings};
use guided_dropout_lab::lab::results::RunReport;
use guided_dropout_lab::lab::{Event, Lab, NotFinite};
use guided_dropout_lab::method::arms::{Arm, ArmRates};
use guided_dropout_lab::method::fisher::{self, TextFisher};
use guided_dropout_lab::method::schedule::{SiteRate, guided};
use guided_dropout_lab::models::checkpoint::parameters;
use guided_dropout_lab::models::site::Site;
use guided_dropout_lab::training::train::{LearningRateSchedule, probabilities};
use std::collections::BTreeMap;

const PROSE: &str = "the cat sat on the mat and looked at the rain\na small boat crossed the wide river at night\n\
    the teacher wrote a long word on the board\nnobody knows why the old clock stopped\n\
    bread and salt were on the table\nin winter the lake freezes over\n";

/// Forty rows that a bag of words can tell apart.
fn rows() -> String {
    let mut csv = String::from("text,label\n");
    for i in 0..20 {
        csv.push_str(&format!(
            "the river and the boat {i} at night,water\na word on the board {i} of a teacher,school\n"
        ));
    }
    csv
}

fn lab(device: Device) -> Lab {
    let mut lab = Lab::new(device);
    lab.load_model("tiny", CONFIG, WEIGHTS, TOKENIZER).unwrap();
    lab.set_dataset(Dataset::read(rows().as_bytes(), &ReadOptions::default()).unwrap());
    assert_eq!(lab.set_corpus(PROSE), 6);
    lab
}

fn config(arms: &[Arm]) -> Config {
    let raw = RawConfig {
        arms: arms.to_vec(),
        seeds: vec![1, 2],
        epochs: 2,
        learning_rate: 1e-2,
        batch_size: 8,
        max_tokens: 24,
        fisher_texts: 6,
        ..RawConfig::default()
    };
    raw.check().unwrap()
}

/// Does a job, `units` at a time.
async fn finish(lab: &mut Lab, config: &Config, job: &Job, arm: Option<&ArmRates>, units: usize) -> Vec<Event> {
    lab.start(config, job, arm).unwrap();
    let mut events = Vec::new();
    loop {
        let some = lab.advance(units).await.unwrap();
        if some.is_empty() {
            return events;
        }
        events.extend(some);
    }
}

async fn texts(lab: &mut Lab, config: &Config, from: usize, to: usize) -> Vec<TextFisher> {
    let job = Job::Fisher { id: "fisher".into(), from, to, work: 1.0 };
    let text = |e| if let Event::FisherText(text) = e { Some(text) } else { None };
    finish(lab, config, &job, None, 4).await.into_iter().filter_map(text).collect()
}

async fn arms(lab: &mut Lab, config: &Config) -> BTreeMap<Arm, ArmRates> {
    let texts = texts(lab, config, 0, 6).await;
    let estimate = fisher::estimate(&lab.tensor_names().unwrap(), &texts).unwrap();
    lab.arms(config, Some(guided(&estimate.sites, config.p_upper, config.p_lower))).unwrap()
}

async fn run(lab: &mut Lab, config: &Config, arm: Arm, seed: u32, rates: &ArmRates, units: usize) -> RunReport {
    match finish(lab, config, &job(arm, seed), Some(rates), units).await.pop() {
        Some(Event::RunDone { run }) => run,
        other => panic!("a run ends with run_done, not {other:?}"),
    }
}

fn losses(run: &RunReport) -> Vec<f64> {
    run.steps.iter().map(|s| s.loss).collect()
}

/// By what share each step's loss differs from another run's.
fn apart(one: &[f64], other: &[f64]) -> Vec<f64> {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(l, r)| (l - r).abs() / l).collect()
}

/// Runs that see other noise, rows or rates are apart by far more than rounding, from the first step on.
fn assert_apart(one: &RunReport, other: &RunReport) {
    let apart = apart(&losses(one), &losses(other));
    assert!(apart[0] > 1e-4 && apart.iter().any(|&share| share > 1e-2), "{apart:?}");
}

/// Shards in any order and a whole give the same estimate but for rounding, which depends on what shares a batch; another
/// seed of masks another.
async fn shards_of_fisher_add_up_to_the_whole(device: Device) {
    let mut lab = lab(device);
    let config = config(&[Arm::Guided]);
    let names = lab.tensor_names().unwrap();
    let gradients: Vec<String> = parameters(&lab.pretrained().unwrap().model(2, 0, &Device::flex()).unwrap())
        .into_iter()
        .map(|t| t.name)
        .filter(|name| name.starts_with("bert.e"))
        .collect();
    assert_eq!(names, gradients, "names stand in the order in which gradients come");
    let whole = texts(&mut lab, &config, 0, 6).await;
    let mut shards = texts(&mut lab, &config, 4, 6).await;
    shards.extend(texts(&mut lab, &config, 0, 4).await);
    let backwards: Vec<TextFisher> = shards.iter().rev().cloned().collect();
    let (whole, shards) = (fisher::estimate(&names, &whole).unwrap(), fisher::estimate(&names, &shards).unwrap());
    assert_eq!(
        fisher::estimate(&names, &backwards).unwrap(),
        shards,
        "sums add in the order of the texts, to the last bit"
    );
    assert_eq!(whole.texts, shards.texts);
    for (a, b) in whole.tensors.iter().zip(&shards.tensors).filter(|(a, _)| !a.name.ends_with("key.bias")) {
        assert!((a.mean - b.mean).abs() <= 1e-6 * a.mean, "{}: {} and {}", a.name, a.mean, b.mean);
    }
    assert!(whole.sites.iter().all(|s| s.score > 0.0), "{:?}", whole.sites);
    assert_eq!(whole.sites.len(), 7);
    let other = RawConfig { fisher_seed: 2, ..(*config).clone() }.check().unwrap();
    let other = texts(&mut lab, &other, 0, 6).await;
    let other = fisher::estimate(&names, &other).unwrap();
    for (one, other) in whole.sites.iter().zip(&other.sites) {
        assert!((one.score - other.score).abs() > 1e-3 * one.score, "other tokens are hidden: {one:?} and {other:?}");
    }
}

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
    let work = |lab: &Lab, config: &Config| lab.plan(config.clone()).unwrap().jobs[0].work();
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

/// The exported model's answers to the rows of the run's test part, each alone, with their targets.
async fn answers_of_the_export(lab: &mut Lab, config: &Config) -> Vec<(Vec<f32>, Target)> {
    let trained = lab.load_trained(&lab.export_model().await.unwrap()).unwrap();
    let mut answers = Vec::new();
    for index in lab.dataset().unwrap().split(1, config.test_share).unwrap().test {
        let example = lab.dataset().unwrap().examples[index].clone();
        let (_, logits) = lab.answer(&trained, &example.text, None, config.max_tokens).await.unwrap();
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
    let answers = answers_of_the_export(&mut lab, &config).await;
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
    let job =
        Job::Run { id: "run".into(), arm: Arm::None, seed: 1, fraction: 1.0, steps: 96, work: 1.0, evaluation: 0.1 };
    let Some(Event::RunDone { run }) = finish(&mut lab, &config, &job, Some(&arms[&Arm::None]), 10).await.pop() else {
        panic!("a run ends with run_done")
    };
    let answers = answers_of_the_export(&mut lab, &config).await;
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

/// In the plane of two trained models: the loss at an end is that of the run's last evaluation, each path made once more
/// leads to its end, and every point of the grid is asked for once.
async fn the_plane_of_two_models_holds_what_was_trained(device: Device) {
    let mut lab = lab(device);
    let config = config(&[Arm::Guided, Arm::None]);
    let arms = arms(&mut lab, &config).await;
    let pair = [Arm::Guided, Arm::None];
    let (mut reports, mut models) = (Vec::new(), Vec::new());
    for arm in pair {
        reports.push(run(&mut lab, &config, arm, 1, &arms[&arm], 10).await);
        models.push(lab.export_model().await.unwrap());
    }
    let settings = PlaneSettings { points: 9, rows: 1000 };
    let before = lab.plane_plan(&config, settings, pair).unwrap();
    let [job] = &before.jobs[..1] else { panic!("a plan has jobs") };
    let error = lab.start(&config, job, None).unwrap_err();
    assert!(error.to_string().contains("the plane of two trained models to be loaded first"), "{error}");

    let ends = lab.set_plane(1, [&models[0], &models[1]]).await.unwrap().ends();
    let plan = lab.plane_plan(&config, settings, pair).unwrap();
    assert_eq!(plan.jobs.iter().map(Job::work).sum::<f64>(), before.jobs.iter().map(Job::work).sum::<f64>());
    assert_eq!(plan.rows, [32, 8]);
    let (mut seen, mut at_marks) = (vec![0; 81], Vec::new());
    for job in &plan.jobs {
        match job {
            Job::Plane { row: None, .. } => at_marks = finish(&mut lab, &config, job, None, 10).await,
            Job::Plane { row: Some(row), columns, at, .. } => {
                columns.iter().for_each(|column| seen[row * 9 + column] += 1);
                columns.iter().zip(at).for_each(|(&column, at)| assert_eq!(*at, [plan.x[column], plan.y[*row]]));
            }
            Job::Path { arm, .. } => {
                let mut events = finish(&mut lab, &config, job, Some(&arms[arm]), 3).await;
                assert!(matches!(events.pop(), Some(Event::PathDone)));
                assert_eq!(events.len(), 8, "one place a step");
                let Some(Event::PathPoint { step: 8, place }) = events.pop() else { panic!("the last step") };
                let end = ends[pair.iter().position(|a| a == arm).unwrap()];
                let gap = (place.x - end.x).hypot(place.y - end.y).max(place.off);
                // `off` is the root of a difference of sums in f32: 6e-5 as measured.
                assert!(gap < 5e-4, "{arm} ended at {place:?}, its model lies at {end:?}");
                let Event::PathPoint { place, .. } = events[0] else { panic!("the first step") };
                assert!(place.x.hypot(place.y) < 0.7 * end.x.hypot(end.y), "the first step is not the last: {place:?}");
            }
            other => panic!("no job of a plane: {other:?}"),
        }
    }
    assert!(seen.iter().all(|&times| times == 1), "{seen:?}");
    assert!(matches!(at_marks.pop(), Some(Event::PlaneDone)));
    let losses: Vec<[f64; 2]> = at_marks
        .iter()
        .map(|e| {
            if let Event::PlanePoint { train, test, .. } = e {
                [train.unwrap(), test.unwrap()]
            } else {
                panic!("{e:?}")
            }
        })
        .collect();
    assert_eq!(losses.len(), 3);
    for (report, [train, test]) in reports.iter().zip(&losses[1..]) {
        let last = report.epochs.last().unwrap();
        assert!((test - last.eval_loss).abs() < 1e-5, "{}: {test} for {}", report.arm, last.eval_loss);
        assert!(*train < losses[0][0], "training lowered the loss of what it saw: {train} from {}", losses[0][0]);
    }
}

/// A run that leaves the finite numbers ends there and says where; the lab goes on.
async fn divergence_is_named_and_survived(device: Device) {
    let mut lab = lab(device);
    let config = config(&[Arm::None]);
    let arms = lab.arms(&config, None).unwrap();
    let poisoned = safetensors_with("bert.embeddings.LayerNorm.bias", 0, f32::NAN);
    lab.load_model("poisoned", CONFIG, &poisoned, TOKENIZER).unwrap();
    let events = finish(&mut lab, &config, &job(Arm::None, 7), Some(&arms[&Arm::None]), 5).await;
    let [Event::Diverged(at)] = events[..] else { panic!("{events:?}") };
    assert_eq!((at.step, at.what, at.largest_gradient_norm), (1, NotFinite::Loss, 0.0));
    assert!(lab.export_model().await.is_err(), "what diverged is no model");
    lab.load_model("tiny", CONFIG, WEIGHTS, TOKENIZER).unwrap();
    assert_eq!(run(&mut lab, &config, Arm::None, 1, &arms[&Arm::None], 10).await.steps.len(), 8);
}

/// One word of one row is not a number: a run goes well until it meets that row, in training or in the test part.
async fn a_run_ends_at_the_step_that_diverged(device: Device) {
    let mut lab = lab(device);
    let config = config(&[Arm::None]);
    let arms = lab.arms(&config, None).unwrap();
    let rows = rows().replacen("at night,water", "at night x,water", 1);
    let id = Tokenizer::from_bytes(TOKENIZER).unwrap().encode("x", None).unwrap().ids[1] as usize;
    let width = lab.pretrained().unwrap().config.hidden_size;
    let poisoned = safetensors_with("bert.embeddings.word_embeddings.weight", id * width, f32::NAN);
    lab.load_model("poisoned", CONFIG, &poisoned, TOKENIZER).unwrap();
    lab.set_dataset(Dataset::read(rows.as_bytes(), &ReadOptions::default()).unwrap());
    let mut noticed = Vec::new();
    for seed in 1..=8 {
        let job = job(Arm::None, seed);
        let one_by_one = finish(&mut lab, &config, &job, Some(&arms[&Arm::None]), 1).await;
        let together = finish(&mut lab, &config, &job, Some(&arms[&Arm::None]), 50).await;
        assert_eq!(format!("{one_by_one:?}"), format!("{together:?}"));
        let Some(Event::Diverged(at)) = one_by_one.last() else { panic!("seed {seed}: {one_by_one:?}") };
        let norms =
            one_by_one.iter().map(|e| if let Event::Step { gradient_norm, .. } = e { *gradient_norm } else { 0.0 });
        assert_eq!(at.largest_gradient_norm, norms.fold(0.0, f64::max));
        let steps = one_by_one.len() - 1;
        assert_eq!(at.step, if at.what == NotFinite::Answer { 4 } else { steps + 1 }, "seed {seed}: {one_by_one:?}");
        assert_eq!(at.learning_rate, config.recipe().learning_rate_at(at.step - 1, 8));
        noticed.push(at.what);
    }
    assert!(noticed.contains(&NotFinite::Answer) && noticed.contains(&NotFinite::Loss), "{noticed:?}");
}

fn job(arm: Arm, seed: u32) -> Job {
    Job::Run { id: "run".into(), arm, seed, fraction: 1.0, steps: 8, work: 1.0, evaluation: 0.1 }
}

/// The same file with one element of one tensor replaced.
fn safetensors_with(name: &str, element: usize, value: f32) -> Vec<u8> {
    let file = safetensors::SafeTensors::deserialize(WEIGHTS).unwrap();
    let offset = file.tensor(name).unwrap().data().as_ptr() as usize - WEIGHTS.as_ptr() as usize;
    let offset = offset + 4 * element;
    let mut changed = WEIGHTS.to_vec();
    changed[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    changed
}

/// What is asked of a lab before it has what it needs is refused in words.
async fn a_lab_says_what_it_lacks(device: Device) {
    let empty = Lab::new(device.clone());
    let error = empty.plan(config(&[Arm::Guided])).unwrap_err();
    assert!(error.to_string().contains("a data set to be loaded first"), "{error}");
    let mut headless = lab(device.clone());
    let headless_weights = without_mlm_head();
    headless.load_model("headless", CONFIG, &headless_weights, TOKENIZER).unwrap();
    let error = headless.plan(config(&[Arm::Guided])).unwrap_err();
    assert!(error.to_string().contains("masked-language-model head"), "{error}");
    assert!(headless.plan(config(&[Arm::Standard, Arm::None])).is_ok(), "fine-tuning alone needs no MLM head");
    headless.add_head(WEIGHTS).unwrap();
    assert!(headless.plan(config(&[Arm::Guided])).is_ok(), "a head of its own makes it whole");
    let error = headless.add_head(WEIGHTS).unwrap_err();
    assert!(error.to_string().contains("to have no masked-language-model head"), "{error}");
    let mut long = (*config(&[Arm::Guided])).clone();
    long.max_tokens = 41;
    let lab = lab(device);
    let error = lab.plan(long.check().unwrap()).unwrap_err();
    assert!(error.to_string().contains("at most 40"), "{error}");
    let rates = vec![SiteRate { site: Site::Output(9), rate: 0.1 }];
    let arms = vec![Arm::Guided, Arm::Custom];
    let foreign = RawConfig { arms, custom_rates: Some(rates), ..(*config(&[Arm::Guided])).clone() };
    let error = lab.plan(foreign.check().unwrap()).unwrap_err();
    assert!(
        error.to_string().contains("expected a site of the model"),
        "before Fisher information, not after: {error}"
    );
}

/// Of a run's steps the first has rate 0, so one step would compare models that nobody trained.
async fn a_run_of_one_step_is_refused(device: Device) {
    let lab = lab(device);
    let raw = RawConfig { epochs: 1, batch_size: 32, ..(*config(&[Arm::None])).clone() };
    let error = lab.plan(raw.clone().check().unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("epochs: expected at least two steps a run"), "{error}");
    assert!(error.ends_with("got 1, of 32 rows in batches of 32"), "{error}");
    assert!(lab.plan(RawConfig { epochs: 2, ..raw.clone() }.check().unwrap()).is_ok());
    assert!(lab.plan(RawConfig { warmup_share: 0.0, ..raw.clone() }.check().unwrap()).is_ok(), "no warm-up, full rate");
    let some = RawConfig { batch_size: 8, fractions: vec![1.0, 0.25], ..raw };
    assert!(lab.plan(some.check().unwrap()).is_err(), "the smallest share counts");
}

fn without_mlm_head() -> Vec<u8> {
    let file = safetensors::SafeTensors::deserialize(WEIGHTS).unwrap();
    let kept: Vec<_> = file.iter().filter(|(name, _)| !name.starts_with("cls.")).collect();
    safetensors::serialize(kept, None).unwrap()
}

/// The same run on another device: the same masks, the same batches, and losses that differ by rounding alone.
#[cfg(all(target_arch = "wasm32", feature = "gpu"))]
async fn webgpu_agrees_with_the_cpu(gpu: Device) {
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

tests_on!(
    cpu:
    shards_of_fisher_add_up_to_the_whole,
    the_same_seed_gives_the_same_numbers,
    evaluating_less_often_changes_no_step,
    a_longer_run_at_a_constant_rate_begins_with_the_shorter,
    a_continued_run_is_the_uninterrupted_one,
    rates_of_zero_are_no_dropout,
    the_exported_model_is_the_trained_one,
    a_regression_learns_its_scores,
    the_plane_of_two_models_holds_what_was_trained,
    divergence_is_named_and_survived,
    a_run_ends_at_the_step_that_diverged,
    a_lab_says_what_it_lacks,
    a_run_of_one_step_is_refused,
);
tests_on!(webgpu: webgpu_agrees_with_the_cpu);
