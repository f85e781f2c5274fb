//! Whatever a lab does again leaves nothing behind, counted by the allocator.
//!
//! A coordinator in a tab that stays open loads the models of every experiment. Parameters on a device with autodiff, for instance, stay in its
//! graph until a backward pass comes by, and where none does they stay for good.

#![cfg(not(target_arch = "wasm32"))]

#[path = "common/allocator.rs"]
mod allocator;
mod common;

use allocator::HELD;
use burn::tensor::Device;
use common::{CONFIG, TOKENIZER, WEIGHTS};
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::config::{Config, RawConfig};
use guided_dropout_lab::lab::plan::{Job, JobKind, TrajectorySettings};
use guided_dropout_lab::landscape::grid::{Norm, Settings};
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher::TensorFisher;
use guided_dropout_lab::method::rates::ArmRates;
use guided_dropout_lab::method::schedule::SiteRate;
use guided_dropout_lab::models::site::Site;
use std::collections::BTreeMap;

const CSV: &[u8] = b"text,label\nthe river at night,water\na word on the board,school\nthe boat and the river,water\n\
    the teacher wrote a word,school\na small boat,water\na long word,school\nthe wide river,water\nthe board,school\n";
const PROSE: &str = "the cat sat on the mat and looked at the rain\na small boat crossed the wide river at night\n";
const ARMS: [Arm; 3] = [Arm::Guided, Arm::Standard, Arm::None];
const PAIR: [Arm; 2] = [Arm::Standard, Arm::None];

fn load(lab: &mut Lab) {
    lab.load_model("tiny", CONFIG, WEIGHTS, TOKENIZER).unwrap();
}

fn config(arms: &[Arm]) -> Config {
    let raw = RawConfig {
        arms: arms.to_vec(),
        seeds: vec![1],
        epochs: 1,
        batch_size: 4,
        max_tokens: 16,
        fisher_texts: 2,
        ..RawConfig::default()
    };
    raw.check().unwrap()
}

fn arms(lab: &Lab) -> BTreeMap<Arm, ArmRates> {
    let rates = Site::all(2).into_iter().map(|site| SiteRate { site, rate: 0.05 }).collect();
    lab.arms(&config(&ARMS), Some(rates)).unwrap()
}

async fn finish<'a>(lab: &mut Lab, jobs: impl IntoIterator<Item = &'a Job>) {
    let arms = arms(lab);
    for job in jobs {
        lab.start(&config(&ARMS), job, job.kind.arm().map(|arm| &arms[&arm])).unwrap();
        while !lab.advance(8).await.unwrap().is_empty() {}
    }
}

/// A hash table, whose hashes differ from run to run, may stand at another capacity.
const SLACK: isize = 2048;
const TIMES: usize = 10;

/// Does something again and again: no more bytes must be held after it than before.
async fn leaves_nothing(what: &str, lab: &mut Lab, mut act: impl AsyncFnMut(&mut Lab)) {
    act(lab).await;
    act(lab).await; // what is made once and kept
    let before = HELD.get();
    for _ in 0..TIMES {
        act(lab).await;
    }
    let left = HELD.get() - before;
    assert!(left <= SLACK, "{left} bytes that {TIMES} times of it left behind: {what}");
}

#[test]
fn nothing_is_left_behind() {
    pollster::block_on(async {
        let mut lab = Lab::new(Device::flex());
        load(&mut lab);
        leaves_nothing("a model", &mut lab, async |lab| load(lab)).await;
        let read = |lab: &mut Lab| {
            lab.set_dataset(Dataset::read(CSV, &ReadOptions::default()).unwrap());
            lab.set_corpus(PROSE);
        };
        leaves_nothing("data and prose", &mut lab, async |lab| read(lab)).await;

        let plan = lab.plan(config(&ARMS)).unwrap();
        let (of_fisher, of_runs): (Vec<_>, Vec<_>) =
            plan.jobs.iter().partition(|job| matches!(job.kind, JobKind::Fisher { .. }));
        leaves_nothing("Fisher information", &mut lab, async |lab| finish(lab, of_fisher.iter().copied()).await).await;
        leaves_nothing("a walk", &mut lab, async |lab| drop(lab.walk(&config(&ARMS), 0).await.unwrap())).await;
        leaves_nothing("runs", &mut lab, async |lab| finish(lab, of_runs.iter().copied()).await).await;

        let mut ends = Vec::new();
        for job in of_runs.iter().filter(|job| matches!(&job.kind, JobKind::Run { run, .. } if PAIR.contains(&run.arm)))
        {
            finish(&mut lab, [*job]).await;
            ends.push(lab.export_model().await.unwrap());
        }
        leaves_nothing("a trained model and its answer", &mut lab, async |lab| {
            let model = lab.load_trained(&ends[0]).unwrap();
            lab.predict(&model, "the river", None, 16).await.unwrap();
        })
        .await;

        let tensors: Vec<TensorFisher> =
            lab.tensor_names().unwrap().into_iter().map(|name| TensorFisher { name, mean: 1.0, site: None }).collect();
        leaves_nothing("surfaces", &mut lab, async |lab| {
            let settings = Settings { points: 8, range: 1.0, seed: 3, texts: 2, norm: Norm::Tensor };
            let plan = lab.landscape_plan(&config(&ARMS), settings, Some(&tensors)).unwrap();
            finish(lab, plan.jobs.iter().take(3)).await;
            finish(lab, of_fisher.iter().copied()).await; // which drops the directions
        })
        .await;
        leaves_nothing("a plane", &mut lab, async |lab| {
            lab.set_plane(&config(&PAIR), 1, [&ends[0], &ends[1]]).await.unwrap();
            let plan = lab.trajectory_plan(&config(&PAIR), TrajectorySettings { points: 8, rows: 4 }, PAIR).unwrap();
            finish(lab, plan.jobs.iter()).await;
        })
        .await;
    });
}
