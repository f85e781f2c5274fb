//! What an experiment requires, and how its lack is reported.

use crate::common::{CONFIG, TOKENIZER, WEIGHTS, without_mlm_head};
use crate::lab::{config, lab};
use burn::tensor::Device;
use guided_dropout_lab::lab::Lab;
use guided_dropout_lab::lab::config::RawConfig;
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::schedule::SiteRate;
use guided_dropout_lab::models::site::Site;

/// What is asked of a lab before it has what it needs is refused in words.
async fn a_lab_says_what_it_lacks(device: Device) {
    let empty = Lab::new(device.clone());
    let error = empty.plan(config(&[Arm::Guided])).unwrap_err();
    assert!(error.to_string().contains("a data set to be loaded first"), "{error}");
    let mut headless = lab(device.clone());
    headless.load_model("headless", CONFIG, &without_mlm_head(), TOKENIZER).unwrap();
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
    assert!(
        lab.plan(RawConfig { warmup_fraction: 0.0, ..raw.clone() }.check().unwrap()).is_ok(),
        "no warm-up, full rate"
    );
    let some = RawConfig { batch_size: 8, fractions: vec![1.0, 0.25], ..raw };
    assert!(lab.plan(some.check().unwrap()).is_err(), "the smallest share counts");
}

tests_on!(cpu: a_lab_says_what_it_lacks, a_run_of_one_step_is_refused);
