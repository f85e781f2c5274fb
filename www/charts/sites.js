// Names, kinds and ranks of dropout sites in figures.

import { element } from "../ui/dom.js";

/** A site's name with line-break opportunities after dots. */
export function siteName(site) {
  return element(
    "span",
    {},
    site.split(/(?<=\.)/).flatMap((piece, index) => (index === 0 ? [piece] : [element("wbr"), piece])),
  );
}

/** The kind of a site, from its name; determines colours and legends. */
export function siteKind(site) {
  if (site.endsWith("attention.self")) return "self";
  if (site.endsWith("attention.output")) return "attention-output";
  return site.endsWith("output") ? "output" : "embeddings";
}

/**
 * Kendall's τ_b of two lists, as the core computes it (src/analysis/stats): concordant minus discordant pairs, corrected for ties.
 * @param {number[]} first
 * @param {number[]} second
 * @returns {number} NaN where one of them is constant
 */
export function kendallTau(first, second) {
  let concordance = 0;
  const untied = [0, 0];
  for (let i = 0; i < first.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const signs = [first, second].map((values) => Math.sign(values[i] - values[j]));
      concordance += signs[0] * signs[1];
      signs.forEach((sign, which) => {
        untied[which] += Math.abs(sign);
      });
    }
  }
  return concordance / Math.sqrt(untied[0] * untied[1]);
}

/** Ranks r of the scores, lowest first; ties share the mean of their ranks (docs/method.md, section 3). */
export function ranks(scores) {
  return scores.map((score) => {
    const below = scores.filter((other) => other < score).length;
    const equal = scores.filter((other) => other === score).length;
    return below + (equal - 1) / 2;
  });
}
