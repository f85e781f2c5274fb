//! Labelled files and texts: from bytes to examples, and from texts to token ids. Plain data, no tensors.

pub mod class_weights;
pub mod content;
pub mod dataset;
pub mod masking;
pub mod tokenizer;
