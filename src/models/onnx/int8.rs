//! Weights rounded to int8: symmetric, with one scale for each output channel, the highest magnitude of which becomes 127.

/// The highest magnitude of a rounded weight; −128 stays unused, so that the range is symmetric.
const HIGHEST: f32 = 127.0;

/// Whole numbers and the scale of each column of a matrix with so many columns.
pub fn by_column(values: &[f32], columns: usize) -> (Vec<i8>, Vec<f32>) {
    let mut highest = vec![0f32; columns];
    for row in values.chunks_exact(columns) {
        row.iter().zip(&mut highest).for_each(|(value, highest)| *highest = highest.max(value.abs()));
    }
    let scales: Vec<f32> = highest.into_iter().map(scale).collect();
    let rounded = values.chunks_exact(columns).flat_map(|row| row.iter().zip(&scales).map(|(v, s)| round(*v, *s)));
    (rounded.collect(), scales)
}

/// Whole numbers and the scale of each row of a matrix with so many columns.
pub fn by_row(values: &[f32], columns: usize) -> (Vec<i8>, Vec<f32>) {
    let highest = |row: &[f32]| row.iter().fold(0f32, |highest, value| highest.max(value.abs()));
    let scales: Vec<f32> = values.chunks_exact(columns).map(|row| scale(highest(row))).collect();
    let rounded = values.chunks_exact(columns).zip(&scales).flat_map(|(row, s)| row.iter().map(|v| round(*v, *s)));
    (rounded.collect(), scales)
}

/// Of a channel whose highest magnitude this is; one of zeros is multiplied by 1.
fn scale(highest: f32) -> f32 {
    if highest > 0.0 { highest / HIGHEST } else { 1.0 }
}

fn round(value: f32, scale: f32) -> i8 {
    (value / scale).round_ties_even().clamp(-HIGHEST, HIGHEST) as i8
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn each_channel_keeps_its_highest_magnitude_and_half_a_step() {
        let values = [0.5, -3.0, 0.0, -0.25, 1.5, 0.0]; // two rows of three
        let (rounded, scales) = by_column(&values, 3);
        assert_eq!(rounded, [127, -127, 0, -64, 64, 0]);
        assert_eq!(scales, [0.5 / 127.0, 3.0 / 127.0, 1.0]);
        let (rounded, scales) = by_row(&values, 3);
        assert_eq!(rounded, [21, -127, 0, -21, 127, 0]);
        assert_eq!(scales, [3.0 / 127.0, 1.5 / 127.0]);
        let many: Vec<f32> = (0..600).map(|i| ((i * i) as f32 * 0.37).sin()).collect();
        let (rounded, scales) = by_column(&many, 6);
        for (place, value) in many.iter().enumerate() {
            let scale = scales[place % 6];
            assert!((f32::from(rounded[place]) * scale - value).abs() <= 0.5001 * scale, "{place}");
        }
    }
}
