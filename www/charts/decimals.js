// Number of decimals that distinguishes the values of a loss landscape: at least two, at most single precision.

import { fixed } from "../ui/format.js";
import { extent } from "./loss-grid.js";

const MOST = 6;

/** Decimals at which values this far apart differ in the last but one. */
const decimalsOf = (distance, least) => Math.min(MOST, Math.max(least, 1 - Math.floor(Math.log10(distance))));

/**
 * Format of axis values, in which neighbours differ.
 * @param {number[]} axis evenly spaced
 * @param {number} [least] decimals
 * @returns {(value: number) => string}
 */
export function placeFormat(axis, least = 2) {
  const decimals = decimalsOf(axis[1] - axis[0], least);
  return (value) => fixed(value, decimals);
}

/**
 * Format of losses that resolves a tenth of their range.
 * @param {Record<string, Float64Array>} losses
 * @param {number} [least] decimals
 * @returns {(loss: number) => string}
 */
export function lossFormat(losses, least = 2) {
  const [low, high] = extent(Object.values(losses).map((grid) => ({ losses: grid }))) ?? [0, 1];
  const decimals = decimalsOf(high - low, least);
  return (loss) => fixed(loss, decimals);
}
