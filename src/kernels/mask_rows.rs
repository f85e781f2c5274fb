//! Attention masks are smaller than the scores that they are for: one row may serve all heads, all queries or all texts.

use burn::tensor::{Bool, Tensor};

/// Which row of a mask a row of scores goes by.
#[derive(Clone, Copy)]
pub struct MaskRows {
    /// Rows of scores of one text, H·Q.
    pub of_text: usize,
    /// Rows of scores of one head, Q.
    pub queries: usize,
    /// Texts that the mask tells apart: B or 1.
    pub texts: usize,
    /// Queries that it tells apart: Q or 1.
    pub rows: usize,
}

impl MaskRows {
    pub fn of(hidden: Option<&Tensor<4, Bool>>, [_, heads, queries, _]: [usize; 4]) -> MaskRows {
        let [texts, _, rows, _] = hidden.map_or([1; 4], |hidden| hidden.dims());
        MaskRows { of_text: heads * queries, queries, texts, rows }
    }

    /// The mask's row for a row of scores.
    pub fn at(self, row: usize) -> usize {
        row / self.of_text % self.texts * self.rows + row % self.queries % self.rows
    }
}
