//! The pretrained model: its family, its layers, its dropout sites, and its checkpoint on disk.

pub mod appraisal;
pub mod blocks;
pub mod checkpoint;
pub mod classifier;
pub mod config;
pub mod family;
pub mod folder;
pub mod hooks;
pub mod onnx;
pub mod prefix;
pub mod pretrained;
pub mod remark;
pub mod site;
pub mod transformer;
