// Formats losses; NaN: not computed yet, ∞: not finite.

import { count } from "../ui/format.js";
import { text } from "../i18n/text.js";

/**
 * @param {number} loss
 * @param {(loss: number) => string} format for finite losses
 */
export const written = (loss, format) => (loss === Infinity ? text.landscape.notFinite : format(loss));

/**
 * The caption on points without a finite loss; empty if there are none.
 * @param {{losses: Record<string, Float64Array>}} surfaces
 * @param {(holes: string, known: string) => string} words
 */
export function holesIn({ losses }, words) {
  const known = Object.values(losses)
    .flatMap((grid) => [...grid])
    .filter((loss) => !Number.isNaN(loss));
  const holes = known.filter((loss) => loss === Infinity).length;
  return holes > 0 ? words(count(holes), count(known.length)) : "";
}
