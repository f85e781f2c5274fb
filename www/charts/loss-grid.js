// Losses on a grid and their colour scale, for the charts of the loss landscape.

/**
 * @typedef {object} Grid
 * @property {number[]} axis values of a and b
 * @property {Float64Array} losses row by row, rows are b; NaN: not computed yet, ∞: not finite
 */

/** Anchors of matplotlib's viridis (CC0): perceptually uniform, readable in greyscale and with colour blindness. */
export const COLOURS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 73, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
];

/**
 * The colour of a loss.
 * @param {number} fraction position on the scale, 0 to 1
 * @returns {string}
 */
export function colourOf(fraction) {
  const place = Math.min(1, Math.max(0, fraction)) * (COLOURS.length - 1);
  const index = Math.min(COLOURS.length - 2, Math.floor(place));
  const mixed = COLOURS[index].map((low, channel) => Math.round(low + (COLOURS[index + 1][channel] - low) * (place - index)));
  return `rgb(${mixed.join(",")})`;
}

/** The range of all finite losses, or null without any. */
export function extent(grids) {
  let low = Infinity;
  let high = -Infinity;
  for (const { losses } of grids) {
    for (const loss of losses) {
      if (!Number.isFinite(loss)) continue;
      low = Math.min(low, loss);
      high = Math.max(high, loss);
    }
  }
  return low > high ? null : [low, high > low ? high : low + 1e-6];
}

/**
 * Fills missing points by linear interpolation, first along rows, then between rows. Points without a finite loss are neither used nor
 * bridged.
 * @param {Grid} grid
 * @returns {Grid}
 */
export function bridged({ axis, losses }) {
  const side = axis.length;
  const filled = Float64Array.from(losses);
  for (let row = 0; row < side; row += 1) bridge(axis, filled, row * side, 1);
  for (let column = 0; column < side; column += 1) bridge(axis, filled, column, side);
  return { axis, losses: filled };
}

function bridge(axis, values, from, stride) {
  let last = -1;
  for (let index = 0; index < axis.length; index += 1) {
    const value = values[from + index * stride];
    if (Number.isNaN(value)) continue;
    const start = values[from + last * stride];
    const joined = last >= 0 && Number.isFinite(start) && Number.isFinite(value);
    for (let gap = last + 1; joined && gap < index; gap += 1) {
      values[from + gap * stride] = start + ((value - start) * (axis[gap] - axis[last])) / (axis[index] - axis[last]);
    }
    last = index;
  }
}

/** Index of the nearest axis value; −1 outside the axis. */
export function nearest(axis, value) {
  const step = axis[1] - axis[0];
  const index = Math.round((value - axis[0]) / step);
  return index >= 0 && index < axis.length ? index : -1;
}

/**
 * About five round levels of a scale, and their number of decimals.
 * @returns {{levels: number[], decimals: number}}
 */
export function niceLevels([low, high]) {
  const rough = (high - low) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const levels = [];
  for (let level = Math.ceil(low / step) * step; level < high; level += step) levels.push(Number(level.toFixed(decimals)));
  return { levels, decimals };
}
