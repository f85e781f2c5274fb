//! Jobs in progress, each advanced by [`crate::lab::Lab::advance`].

pub(super) mod fisher;
pub(super) mod landscape;
mod resume;
pub(super) mod run;
pub(super) mod trained;
pub(super) mod trajectory;
