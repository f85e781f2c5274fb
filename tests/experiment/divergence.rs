//! Runs that diverge.

use crate::common::{CONFIG, TOKENIZER, WEIGHTS, finish};
use crate::lab::{config, job, lab, rows, run};
use burn::tensor::Device;
use guided_dropout_lab::data::dataset::{Dataset, ReadOptions};
use guided_dropout_lab::data::tokenizer::Tokenizer;
use guided_dropout_lab::lab::{Event, NotFinite};
use guided_dropout_lab::method::arms::Arm;

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
        assert_eq!(
            at.step,
            if at.what == NotFinite::Prediction { 4 } else { steps + 1 },
            "seed {seed}: {one_by_one:?}"
        );
        assert_eq!(at.learning_rate, config.recipe().learning_rate_at(at.step - 1, 8));
        noticed.push(at.what);
    }
    assert!(noticed.contains(&NotFinite::Prediction) && noticed.contains(&NotFinite::Loss), "{noticed:?}");
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

tests_on!(cpu: divergence_is_named_and_survived, a_run_ends_at_the_step_that_diverged);
