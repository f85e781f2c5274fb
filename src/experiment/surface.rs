//! A strip of a loss surface, under way.

use super::Event;
use crate::error::Result;
use crate::landscape::{Landscape, Row};
use crate::model::Model;
use crate::surface::Norm;
use std::rc::Rc;

/// Seed and norm of the directions; how many texts, cut to how many tokens and masked by which seed.
pub(super) type LandscapeKey = (u32, Norm, usize, usize, u32);

/// Points of one row whose losses are wanted.
pub(super) struct ActiveSurface {
    pub landscape: Rc<Landscape>,
    pub row: Row,
    pub from: Option<Model>,
    /// Places on the axis still to be done, the first last; and their values of a.
    pub left: Vec<(usize, f64)>,
}

impl ActiveSurface {
    /// One point; true when the job is done.
    pub async fn advance(&mut self, events: &mut Vec<Event>) -> Result<bool> {
        if let Some((column, a)) = self.left.pop() {
            let from = self.from.get_or_insert_with(|| self.landscape.row(&self.row));
            events.push(Event::SurfacePoint { column, loss: self.landscape.loss(&self.row, from, a).await? });
        }
        if self.left.is_empty() {
            events.push(Event::SurfaceDone);
        }
        Ok(self.left.is_empty())
    }
}
