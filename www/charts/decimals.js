// How many decimals tell the values of a surface apart: at least two, and no more than single precision has.

import { fixed } from "../ui/format.js";
import { extent } from "./heights.js";

const MOST = 6;

/** So many that values this far apart differ in the last decimal but one. */
const decimalsOf = (distance, least) => Math.min(MOST, Math.max(least, 1 - Math.floor(Math.log10(distance))));

/**
 * How the values of an axis are written: two neighbours differ.
 * @param {number[]} axis evenly spaced
 * @param {number} [least] decimals
 * @returns {(value: number) => string}
 */
export function placeFormat(axis, least = 2) {
  const decimals = decimalsOf(axis[1] - axis[0], least);
  return (value) => fixed(value, decimals);
}

/**
 * How losses are written: those of a tenth of their extent differ.
 * @param {Record<string, Float64Array>} losses
 * @param {number} [least] decimals
 * @returns {(loss: number) => string}
 */
export function lossFormat(losses, least = 2) {
  const [low, high] = extent(Object.values(losses).map((grid) => ({ losses: grid }))) ?? [0, 1];
  const decimals = decimalsOf(high - low, least);
  return (loss) => fixed(loss, decimals);
}
