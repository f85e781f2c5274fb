//! Loss landscapes: the grid, the loss on it, and training trajectories.

pub mod grid;
pub mod loss;
pub mod trajectory;
