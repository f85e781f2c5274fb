//! The blocks that every family is built of. What a family has or lacks is an option of a block, filled by
//! [`crate::models::family::Layout`]; fields carry Hugging Face's names for BERT, so that a parameter's path is its canonical name.

mod attention;
mod embeddings;
mod head;
mod layer;
mod norm;
mod positions;

pub use attention::{Projections, SelfAttention, Separate};
pub use embeddings::Embeddings;
pub use head::MlmHead;
pub use layer::{DropoutPlace, Intermediate, Layer, ResidualOutput};
pub use norm::LayerNorm;
pub use positions::{Rotary, View, earlier_only, nearby_only};
