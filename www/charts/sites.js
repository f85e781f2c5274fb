// Dropout sites as the figures see them: their name, their kind, and their rank by score.

import { element } from "../ui/dom.js";

/** A site's name that may break after its dots, where a column is narrow. */
export function siteName(site) {
  return element("span", {}, site.split(/(?<=\.)/).flatMap((piece, index) => (index === 0 ? [piece] : [element("wbr"), piece])));
}

/** The kind of a site, from its name: colours and legends go by it. */
export function siteKind(site) {
  if (site.endsWith("attention.self")) return "self";
  if (site.endsWith("attention.output")) return "attention-output";
  return site.endsWith("output") ? "output" : "embeddings";
}

/** Ranks r of the scores, lowest first; ties share the mean of their ranks (docs/method.md, section 3). */
export function ranks(scores) {
  return scores.map((score) => {
    const below = scores.filter((other) => other < score).length;
    const equal = scores.filter((other) => other === score).length;
    return below + (equal - 1) / 2;
  });
}
