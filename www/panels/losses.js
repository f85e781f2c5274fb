// Losses in words: NaN where there is none yet, ∞ where it is known that there is no finite one.

import { count } from "../ui/format.js";
import { text } from "../i18n/text.js";

/**
 * @param {number} loss
 * @param {(loss: number) => string} format of finite ones
 */
export const written = (loss, format) => (loss === Infinity ? text.surface.notFinite : format(loss));

/**
 * What a caption says of points that have no finite loss; nothing where there are none.
 * @param {{losses: Record<string, Float64Array>}} surfaces
 * @param {(holes: string, known: string) => string} words
 */
export function holesIn({ losses }, words) {
  const known = Object.values(losses).flatMap((grid) => [...grid]).filter((loss) => !Number.isNaN(loss));
  const holes = known.filter((loss) => loss === Infinity).length;
  return holes > 0 ? words(count(holes), count(known.length)) : "";
}
