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

/** Ranks r of the scores, lowest first; ties share the mean of their ranks (docs/method.md, section 3). */
export function ranks(scores) {
  return scores.map((score) => {
    const below = scores.filter((other) => other < score).length;
    const equal = scores.filter((other) => other === score).length;
    return below + (equal - 1) / 2;
  });
}
