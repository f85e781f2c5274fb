// Losses on a square grid, and the colours of heights, for the charts of a surface.

/**
 * @typedef {object} Grid
 * @property {number[]} axis the values of a, and of b
 * @property {Float64Array} losses row by row, rows are b; NaN where there is none yet, ∞ where it is known that there is no finite one
 */

/** Anchors of matplotlib's viridis (CC0): evenly lighter from low to high, for readers who see few colours and for grey print. */
export const COLOURS = [
  [68, 1, 84], [72, 40, 120], [62, 73, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37],
];

/**
 * The colour of a height.
 * @param {number} share of the scale, 0 to 1
 * @returns {string}
 */
export function colourOf(share) {
  const place = Math.min(1, Math.max(0, share)) * (COLOURS.length - 1);
  const index = Math.min(COLOURS.length - 2, Math.floor(place));
  const mixed = COLOURS[index].map((low, channel) => Math.round(low + (COLOURS[index + 1][channel] - low) * (place - index)));
  return `rgb(${mixed.join(",")})`;
}

/** The lowest and highest of all finite losses, or null where there is none. */
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
 * The grid with straight lines where points are still missing between known ones: first along each row, then from row to row. None leads to or over a
 * point without a finite loss.
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

/** The place on an axis nearest to a value; −1 beyond its ends. */
export function nearest(axis, value) {
  const step = axis[1] - axis[0];
  const index = Math.round((value - axis[0]) / step);
  return index >= 0 && index < axis.length ? index : -1;
}

/**
 * Round values that divide a scale, some five of them, and how many decimals they have.
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
