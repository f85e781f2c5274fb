//! Guided dropout: the Fisher information of a small pretrained transformer, turned into a dropout rate per site, and fine-tuning
//! with those rates beside baselines and controls.
//!
//! # The method (arXiv 2406.14005)
//!
//! 1. **Fisher.** For n unlabelled texts, F(θ_j) = 1/n · Σ_i (∂L_i/∂θ_j)², L_i the language-model loss of text
//!    i alone (eq. 3), masked or causal: large where the model's predictions depend on a parameter. [`method::fisher`], what is
//!    predicted from [`data::masking`].
//! 2. **Sites.** A site is one dropout layer, [`models::site::Site`]; its score is the mean F of the tensors before it.
//! 3. **Rates.** The lowest score gets p_upper, the highest p_lower, linearly in rank (eqs. 9, 10):
//!    [`method::schedule::guided`].
//! 4. **Fine-tuning.** AdamW with those rates and, from the same seed, with every baseline and control:
//!    [`training::train`], noise from [`method::dropout`].
//! 5. **Verdict.** Differences paired by seed, with interval, p-value, effect and the number of seeds it would take:
//!    [`analysis::stats`].
//! 6. **Surface.** The loss on a plane through the pretrained weights, with all tensors moved or the half with the
//!    highest or lowest mean F: [`landscape::grid`], [`landscape::loss`]. And the task's loss on the plane through where two trainings
//!    began and ended, with the paths they took: [`landscape::trajectory`].
//!
//! # Letters
//!
//! B batch, T tokens, H heads, D model width, F feed-forward width, V vocabulary, C classes, M masked tokens, L layers
//! (or a loss); θ parameters, p a dropout rate.
//!
//! # Map
//!
//! | room | what it is | knows |
//! |---|---|---|
//! | [`error`] | one error: kind, place, expected, got | nothing |
//! | [`settings`] | what a reader can set: names, units, bounds, defaults | plain data |
//! | [`analysis`] | metrics, paired statistics, the verdict | plain numbers |
//! | [`data`] | files → examples and splits; texts → token ids; masking | plain data |
//! | [`baselines`] | TF-IDF with linear models, the majority, the mean | plain data |
//! | [`kernels`] | the operations that a training step spends its time in | burn |
//! | [`models`] | the encoder, its dropout sites, hooks into it, its checkpoint, its export as ONNX | burn |
//! | [`method`] | the paper: Fisher information (eq. 3), schedule (eqs. 9, 10), dropout, hand-off | the above |
//! | [`training`] | one fine-tuning run, and AdamW | the above |
//! | [`landscape`] | the loss on a plane through the weights | the above |
//! | [`device`], [`selftest`], [`workload`] | CPU or GPU; what a GPU must compute right before it is used; what its kernels are timed on | the above |
//! | [`lab`] | settings → jobs → events → `results.json` | all of the above |
//! | `web` | the same for JavaScript, in a worker | the browser |
//!
//! A room uses rooms above it in the table and never one below; `make check` tests that. Nothing above `web` knows a
//! clock, a thread or a global: a job's numbers depend on its data and seeds alone.

pub mod analysis;
pub mod baselines;
pub mod data;
pub mod device;
pub mod error;
pub mod kernels;
pub mod lab;
pub mod landscape;
pub mod method;
pub mod models;
pub mod selftest;
pub mod settings;
pub mod training;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod workload;
