//! What a layer's tokens see of each other, and from where, as operations: masks, and rotary positions. The counterpart of
//! [`crate::models::blocks::View`].

use super::graph::{Graph, Value};
use super::messages::element;
use crate::models::blocks::Rotary;

/// The inputs that every text has.
pub struct Inputs {
    /// Token ids, `[B, T]`.
    pub ids: Value,
    /// 1 for tokens and 0 for padding, which stands at the end, `[B, T]`.
    pub mask: Value,
    /// The places from 0, `[T]`.
    pub places: Value,
}

impl Inputs {
    /// By the names that transformers gives them.
    pub fn new(graph: &mut Graph) -> Inputs {
        let shape = graph.op("shape", "Shape", &["input_ids"], Vec::new());
        let [zero, one] = [0, 1].map(|number| graph.int(number));
        let tokens = graph.op("tokens", "Gather", &[&shape, &one], Vec::new());
        let places = graph.op("places", "Range", &[&zero, &tokens, &one], Vec::new());
        Inputs { ids: "input_ids".into(), mask: "attention_mask".into(), places }
    }
}

/// What the tokens see in one layer.
#[derive(Clone)]
pub struct View {
    /// Added to scores: 0 where a token (last axis) is seen, else the lowest number, `[B or 1, 1, T or 1, T]`.
    pub hidden: Value,
    /// Cosines and sines of each place's angles, `[T, N/2]` of heads of N elements, where positions are rotary.
    angles: Option<[Value; 2]>,
}

impl View {
    /// Every token but padding.
    pub fn of_all(graph: &mut Graph, inputs: &Inputs) -> View {
        let hidden = padding(graph, inputs);
        View { hidden: added(graph, "view", &hidden), angles: None }
    }

    /// Every token up to the one that asks; padding comes after all of them.
    pub fn of_earlier(graph: &mut Graph, inputs: &Inputs) -> View {
        let [asking, seen] = asking_and_seen(graph, "view", inputs);
        let later = graph.op("view.later", "Greater", &[&seen, &asking], Vec::new());
        View { hidden: added(graph, "view", &later), angles: None }
    }

    /// What each layer with rotary positions sees; layers that attend alike share it.
    pub fn rotary(graph: &mut Graph, inputs: &Inputs) -> Vec<View> {
        let config = graph.config;
        let hidden = padding(graph, inputs);
        let mut views: Vec<(Rotary, View)> = Vec::new();
        for &rotary in &config.attention {
            if views.iter().any(|(other, _)| *other == rotary) {
                continue;
            }
            let name = format!("view.{}", views.len());
            let width = config.hidden_size / config.num_attention_heads;
            let hidden = match rotary.window {
                Some(window) => {
                    let far = far(graph, &name, inputs, window);
                    graph.op(&format!("{name}.hidden"), "Or", &[&far, &hidden], Vec::new())
                }
                None => hidden.clone(),
            };
            let angles = Some(angles(graph, &name, inputs, width, rotary.theta));
            views.push((rotary, View { hidden: added(graph, &name, &hidden), angles }));
        }
        let of = |rotary: &Rotary| views.iter().find(|(other, _)| other == rotary).map(|(_, view)| view.clone());
        config.attention.iter().filter_map(of).collect()
    }

    /// Queries or keys, `[B, H, T, N]`, with their positions, where those are rotary.
    pub fn placed(&self, graph: &mut Graph, name: &str, x: Value) -> Value {
        let Some([cos, sin]) = &self.angles else { return x };
        let [first, second] = graph.split::<2>(&format!("{name}.halves"), &x);
        let mut product =
            |part: &str, half: &str, by: &str| graph.op(&format!("{name}.{part}"), "Mul", &[half, by], Vec::new());
        let [a, b] = [product("first_cos", &first, cos), product("second_sin", &second, sin)];
        let [c, d] = [product("second_cos", &second, cos), product("first_sin", &first, sin)];
        let first = graph.op(&format!("{name}.turned_first"), "Sub", &[&a, &b], Vec::new());
        let second = graph.op(&format!("{name}.turned_second"), "Add", &[&c, &d], Vec::new());
        graph.concat(&format!("{name}.turned"), &[&first, &second])
    }
}

/// True for padding, `[B, 1, 1, T]`.
fn padding(graph: &mut Graph, inputs: &Inputs) -> Value {
    let is_token = graph.cast("view.is_token", &inputs.mask, element::BOOL);
    let is_padding = graph.op("view.is_padding", "Not", &[&is_token], Vec::new());
    graph.unsqueeze("view.padding", &is_padding, &[1, 2])
}

/// The places of the tokens that ask, `[T, 1]`, and of those that are seen, `[1, T]`.
fn asking_and_seen(graph: &mut Graph, name: &str, inputs: &Inputs) -> [Value; 2] {
    [("asking", 1), ("seen", 0)].map(|(part, axis)| graph.unsqueeze(&format!("{name}.{part}"), &inputs.places, &[axis]))
}

/// True where a token is more than `window` places away, `[T, T]`.
fn far(graph: &mut Graph, name: &str, inputs: &Inputs, window: usize) -> Value {
    let [asking, seen] = asking_and_seen(graph, name, inputs);
    let between = graph.op(&format!("{name}.between"), "Sub", &[&asking, &seen], Vec::new());
    let distance = graph.op(&format!("{name}.distance"), "Abs", &[&between], Vec::new());
    let window = graph.int(window as i64);
    graph.op(&format!("{name}.far"), "Greater", &[&distance, &window], Vec::new())
}

/// The lowest number where something is hidden, else 0. One mask for everything: two of these would add up to −∞, and a row of −∞ has no softmax.
fn added(graph: &mut Graph, name: &str, hidden: &str) -> Value {
    let [lowest, zero] = [f32::MIN, 0.0].map(|number| graph.number(number));
    graph.op(&format!("{name}.added"), "Where", &[hidden, &lowest, &zero], Vec::new())
}

/// Cosines and sines of place · θ^(−2i/N), `[T, N/2]`.
fn angles(graph: &mut Graph, name: &str, inputs: &Inputs, width: usize, theta: f64) -> [Value; 2] {
    let frequencies: Vec<f32> = (0..width / 2).map(|i| theta.powf(-((2 * i) as f64) / width as f64) as f32).collect();
    let frequencies = graph.floats(&format!("{name}.frequencies"), &frequencies);
    let places = graph.cast(&format!("{name}.places"), &inputs.places, element::FLOAT);
    let places = graph.unsqueeze(&format!("{name}.column"), &places, &[1]);
    let angles = graph.op(&format!("{name}.angles"), "Mul", &[&places, &frequencies], Vec::new());
    [("cos", "Cos"), ("sin", "Sin")]
        .map(|(part, kind)| graph.op(&format!("{name}.{part}"), kind, &[&angles], Vec::new()))
}
