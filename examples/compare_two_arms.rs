//! Two dropout arms trained on a few rows, seed by seed: `cargo run --release --example compare_two_arms`

use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::lab::config::RawConfig;
use guided_dropout_lab::lab::results::Judgement;
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::arms::Arm;
use std::error::Error;
use std::fs;

const MODEL: &str = "www/data/models/mini-4x256";

fn main() -> Result<(), Box<dyn Error>> {
    let file = |name: &str| fs::read(format!("{MODEL}/{name}"));
    let mut lab = Lab::new(burn::tensor::Device::flex());
    lab.load_model("mini-4x256", &file("config.json")?, &file("model.safetensors")?, &file("tokenizer.json")?)?;
    let rows = fs::read("www/data/samples/opinions.csv")?;
    let options = ReadOptions { max_rows: Some(40), ..ReadOptions::default() };
    lab.set_dataset(Dataset::read(&rows, &options)?);

    let config = RawConfig {
        arms: vec![Arm::Standard, Arm::None],
        seeds: vec![1, 2],
        epochs: 2,
        max_tokens: 24,
        ..RawConfig::default()
    };
    let plan = lab.plan(config.check()?)?;
    let arms = lab.arms(&plan.config, None)?; // neither arm needs Fisher information
    let mut runs = Vec::new();
    for job in &plan.jobs {
        let Some(arm) = job.kind.arm() else { continue };
        lab.start(&plan.config, job, arms.get(&arm))?;
        loop {
            let events = pollster::block_on(lab.advance(10))?;
            if events.is_empty() {
                break; // the job is done
            }
            runs.extend(events.into_iter().filter_map(|event| match event {
                Event::RunDone { run } => Some(run),
                _ => None,
            }));
        }
    }
    for run in &runs {
        println!("{} with seed {}: accuracy {:?}", run.arm, run.seed, run.score("accuracy"));
    }
    let judgement = Judgement::new(&plan.config, lab.dataset()?.task, &lab.dataset()?.labels, &runs);
    for c in judgement.comparisons.iter().filter(|c| c.metric == "accuracy") {
        println!("{} − {}: {:+.3} over {} seeds", c.arm, c.baseline, c.paired.mean_difference, c.paired.seeds);
    }
    assert_eq!(runs.len(), 4, "two arms, two seeds");
    Ok(())
}

#[test]
fn it_runs() {
    main().unwrap();
}
