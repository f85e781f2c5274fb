//! Loss landscapes: which points are wanted, the loss at them, and the trajectories of trained models between them.

pub mod grid;
pub mod loss;
pub mod trajectory;
