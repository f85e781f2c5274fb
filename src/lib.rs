//! Guided dropout on one page: what a small pretrained transformer knows of its own parameters, turned into how much
//! noise each of its layers gets while it is fine-tuned.
//!
//! # The method (arXiv 2406.14005)
//!
//! 1. **Fisher.** For n unlabelled texts, F(θ_j) = 1/n · Σ_i (∂L_i/∂θ_j)², L_i the masked-language-model loss of text
//!    i alone (eq. 3): large where the model's predictions hang on a parameter. [`fisher`], masks from [`masking`].
//! 2. **Sites.** A site is one dropout layer, [`schedule::Site`]; its score is the mean F of the tensors before it.
//! 3. **Rates.** The lowest score gets p_upper, the highest p_lower, linearly in rank (eqs. 9, 10):
//!    [`schedule::guided`].
//! 4. **Fine-tuning.** AdamW with those rates and, from the same seed, with every baseline and control:
//!    [`train`], noise from [`dropout`].
//! 5. **Verdict.** Differences paired by seed, with interval, p-value, effect and the number of seeds it would take:
//!    [`stats`].
//! 6. **Surface.** The loss on a plane through the pretrained weights, with all tensors moved or the half with the
//!    highest or lowest mean F: [`surface`], [`landscape`]. And the task's loss on the plane through where two trainings
//!    began and ended, with the paths they took: [`plane`].
//!
//! # Letters
//!
//! B batch, T tokens, H heads, D model width, F feed-forward width, V vocabulary, C classes, M masked tokens, L layers
//! (or a loss); θ parameters, p a dropout rate.
//!
//! # Map
//!
//! | module | what it is | knows |
//! |---|---|---|
//! | [`error`] | one error: kind, place, expected, got | nothing |
//! | [`dataset`] | bytes → examples, labels, split | plain data |
//! | [`tokenize`], [`masking`] | text → ids; ids → hidden ids | plain data |
//! | [`schedule`], [`handoff`] | scores → rates of each arm; rates → Python | plain data |
//! | [`surface`] | which points of a loss surface are wanted | plain data |
//! | [`metrics`], [`stats`] | answers → scores → what they show | plain data |
//! | [`kernels`] | what a step spends its time in | burn |
//! | [`model`], [`hooks`], [`dropout`], [`weights`] | the encoder, what can be hung into it, its noise, its checkpoint | burn |
//! | [`fisher`], [`adamw`], [`train`], [`device`] | eq. 3; an update; one run; CPU or GPU | burn |
//! | [`selftest`] | what a GPU must answer before it is believed | burn |
//! | [`landscape`], [`plane`] | the loss at those points; the plane of two trainings | burn |
//! | [`walk`] | one text's way through eq. 3, to be looked at | burn |
//! | [`pretrained`], [`appraisal`] | a model's three files; what it is before they are read | the above |
//! | [`config`], [`plan`], [`experiment`], [`results`] | settings → jobs → events → `results.json` | all of the above |
//! | `web` | the same for JavaScript, in a worker | the browser |
//!
//! Arrows point up the table and never down; `make check` tests that. Nothing below `web` knows a clock, a thread or a
//! global: a job's numbers depend on its data and seeds alone.

#![warn(missing_docs)]

pub mod adamw;
pub mod appraisal;
pub mod config;
pub mod dataset;
pub mod device;
pub mod dropout;
pub mod error;
pub mod experiment;
pub mod fisher;
pub mod handoff;
pub mod hooks;
pub mod kernels;
pub mod landscape;
pub mod masking;
pub mod metrics;
pub mod model;
pub mod plan;
pub mod plane;
pub mod pretrained;
pub mod results;
pub mod schedule;
pub mod selftest;
pub mod stats;
pub mod surface;
pub mod tokenize;
pub mod train;
pub mod walk;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod weights;
