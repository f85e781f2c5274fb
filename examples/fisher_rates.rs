//! From Fisher information to guided dropout rates of the built-in model: `cargo run --release --example fisher_rates`

use guided_dropout_lab::lab::config::RawConfig;
use guided_dropout_lab::lab::plan::{Job, JobKind};
use guided_dropout_lab::lab::{Event, Lab};
use guided_dropout_lab::method::fisher;
use guided_dropout_lab::method::schedule::guided;
use std::error::Error;
use std::fs;

const MODEL: &str = "www/data/models/mini-4x256";
const TEXTS: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let file = |name: &str| fs::read(format!("{MODEL}/{name}"));
    let mut lab = Lab::new(burn::tensor::Device::flex());
    lab.load_model("mini-4x256", &file("config.json")?, &file("model.safetensors")?, &file("tokenizer.json")?)?;
    lab.set_corpus(&fs::read_to_string("www/data/samples/prose.txt")?);

    // One job: the squared gradients of the masked-language-model loss of some texts (eq. 3 of arXiv 2406.14005).
    let config = RawConfig { max_tokens: 64, ..RawConfig::default() }.check()?;
    let job = Job { id: "fisher".into(), work: 0.0, units: TEXTS, kind: JobKind::Fisher { from: 0, to: TEXTS } };
    lab.start(&config, &job, None)?;
    let mut texts = Vec::new();
    while texts.len() < TEXTS {
        for event in pollster::block_on(lab.advance(1))? {
            if let Event::FisherText(text) = event {
                texts.push(text);
            }
        }
    }

    // Scores of dropout sites, and rates by rank (eqs. 9 and 10).
    let estimate = fisher::estimate(&lab.tensor_names()?, &texts)?;
    let rates = guided(&estimate.sites, config.p_upper, config.p_lower);
    println!("{:24} {:>12} {:>8}", "site", "score", "rate");
    for (score, rate) in estimate.sites.iter().zip(&rates) {
        println!("{:24} {:12.3e} {:8.4}", score.site.to_string(), score.score, rate.rate);
    }
    let mean = rates.iter().map(|r| r.rate).sum::<f64>() / rates.len() as f64;
    assert!((mean - (config.p_upper + config.p_lower) / 2.0).abs() < 1e-9, "rates are linear in rank");
    Ok(())
}

#[test]
fn it_runs() {
    main().unwrap();
}
