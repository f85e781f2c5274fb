//! The jobs of a lab, each as it goes on from one call of [`crate::lab::Lab::advance`] to the next.

pub(super) mod fisher;
pub(super) mod landscape;
mod resume;
pub(super) mod run;
pub(super) mod trained;
pub(super) mod trajectory;
