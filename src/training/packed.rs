//! AdamW on a GPU: parameters, gradients and moments end to end, so that an update is one kernel for millions of elements and not one for each
//! parameter.

use crate::kernels::shaders::pack::{are_of, pack, room, unpack};
use crate::kernels::shaders::update::update;
use crate::kernels::sum_of_squares;
use crate::kernels::update::Step;
use burn::module::{ModuleVisitor, Param, ParamId};
use burn::tensor::{Gradients, Tensor};
use std::collections::HashMap;

/// Elements that lie end to end at most, 64 MiB: WebGPU promises kernels 128 MiB. A single larger parameter lies alone.
const MOST: usize = 1 << 24;

/// The two moments of parameters, and where both lie.
#[derive(Default)]
pub(super) struct Packed {
    /// Moments of parameters that do not lie in a row yet, flat.
    loose: HashMap<ParamId, [Tensor<1>; 2]>,
    rows: Vec<Row>,
}

/// Parameters that lie end to end.
struct Row {
    ids: Vec<ParamId>,
    lengths: Vec<usize>,
    /// As the last update left them.
    parameters: Tensor<1>,
    moments: [Tensor<1>; 2],
}

/// A parameter's value and gradient, flat.
type Found = (ParamId, Tensor<1>, Tensor<1>);

/// Values and gradients of all parameters that have a gradient, flat, in the model's order.
pub(super) struct Collected {
    gradients: Gradients,
    found: Vec<Found>,
}

impl Collected {
    pub(super) fn new(gradients: Gradients) -> Collected {
        Collected { gradients, found: Vec::new() }
    }
}

impl ModuleVisitor for Collected {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        if let Some(gradient) = value.grad_remove(&mut self.gradients) {
            self.found.push((param.id, value.inner().flatten(0, D - 1), gradient.flatten(0, D - 1)));
        }
    }
}

impl Packed {
    /// With these moments.
    pub(super) fn of(moments: HashMap<ParamId, [Tensor<1>; 2]>) -> Packed {
        Packed { loose: moments, rows: Vec::new() }
    }

    /// Both moments of a parameter that has been updated.
    pub(super) fn moments(&self, id: ParamId) -> Option<[Tensor<1>; 2]> {
        let lying = self.rows.iter().find_map(|row| {
            let place = row.ids.iter().position(|it| *it == id)?;
            Some(row.moments.each_ref().map(|moment| unpack(moment, &row.lengths).swap_remove(place)))
        });
        lying.or_else(|| self.loose.get(&id).cloned())
    }

    /// One update of what was collected: the new values by parameter, flat, and the gradient's norm before it is clipped to `clip_norm`.
    pub(super) fn update(
        &mut self,
        collected: Collected,
        step: Step,
        clip_norm: f32,
    ) -> (HashMap<ParamId, Tensor<1>>, Tensor<1>) {
        let (mut values, mut gradients) = (Vec::new(), Vec::new());
        for row in in_rows(collected.found) {
            let (ids, (of_row, of_gradients)): (Vec<ParamId>, (Vec<_>, Vec<_>)) =
                row.into_iter().map(|(id, value, gradient)| (id, (value, gradient))).unzip();
            values.push((ids, of_row));
            gradients.push(pack(of_gradients));
        }
        self.arrange(values);
        let norm = sum_of_squares(gradients.clone()).sqrt();
        let mut updated = HashMap::new();
        for (row, gradients) in self.rows.iter_mut().zip(gradients) {
            row.parameters = update(&row.parameters, gradients, (&norm, clip_norm), &row.moments, step);
            updated.extend(row.ids.iter().copied().zip(unpack(&row.parameters, &row.lengths)));
        }
        (updated, norm)
    }

    /// Lays these values in rows, where they do not lie there yet, and their moments.
    fn arrange(&mut self, values: Vec<(Vec<ParamId>, Vec<Tensor<1>>)>) {
        let is_known = self.rows.iter().map(|row| &row.ids).eq(values.iter().map(|(ids, _)| ids));
        if !is_known {
            for Row { ids, lengths, moments, .. } in std::mem::take(&mut self.rows) {
                let [first, second] = moments.map(|moment| unpack(&moment, &lengths));
                self.loose.extend(ids.into_iter().zip(first.into_iter().zip(second).map(|(a, b)| [a, b])));
            }
            self.rows = values.into_iter().map(|(ids, values)| self.row(ids, values)).collect();
            return;
        }
        for (row, (_, values)) in self.rows.iter_mut().zip(values) {
            if !are_of(&values, &row.parameters) {
                row.parameters = pack(values);
            }
        }
    }

    fn row(&mut self, ids: Vec<ParamId>, values: Vec<Tensor<1>>) -> Row {
        let lengths: Vec<usize> = values.iter().map(|value| value.dims()[0]).collect();
        let device = values[0].device();
        let zeros = |length: usize| Tensor::zeros([length], &device);
        let moments = if ids.iter().any(|id| self.loose.contains_key(id)) {
            let of_each = |(id, &length)| self.loose.remove(id).unwrap_or_else(|| [zeros(length), zeros(length)]);
            let (first, second) = ids.iter().zip(&lengths).map(of_each).map(|[a, b]| (a, b)).unzip();
            [pack(first), pack(second)]
        } else {
            [(); 2].map(|()| zeros(lengths.iter().map(|&length| room(length)).sum()))
        };
        Row { ids, lengths, parameters: pack(values), moments }
    }
}

/// Divides parameters among rows, in their order.
fn in_rows(found: Vec<Found>) -> Vec<Vec<Found>> {
    let mut rows: Vec<Vec<Found>> = Vec::new();
    let mut length = MOST;
    for parameter in found {
        let more = room(parameter.1.dims()[0]);
        if length + more > MOST {
            rows.push(Vec::new());
            length = 0;
        }
        length += more;
        rows.last_mut().expect("a row").push(parameter);
    }
    rows
}
