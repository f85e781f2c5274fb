//! Fisher information in shards.

use crate::common::fisher_texts;
use crate::lab::{config, lab};
use burn::tensor::Device;
use guided_dropout_lab::lab::config::RawConfig;
use guided_dropout_lab::method::arms::Arm;
use guided_dropout_lab::method::fisher::{self, TextFisher};
use guided_dropout_lab::models::checkpoint::parameters;

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
    let whole = fisher_texts(&mut lab, &config, 0, 6).await;
    let mut shards = fisher_texts(&mut lab, &config, 4, 6).await;
    shards.extend(fisher_texts(&mut lab, &config, 0, 4).await);
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
    let other = fisher_texts(&mut lab, &other, 0, 6).await;
    let other = fisher::estimate(&names, &other).unwrap();
    for (one, other) in whole.sites.iter().zip(&other.sites) {
        assert!((one.score - other.score).abs() > 1e-3 * one.score, "other tokens are hidden: {one:?} and {other:?}");
    }
}

tests_on!(cpu: shards_of_fisher_add_up_to_the_whole);
