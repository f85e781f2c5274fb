// Translates phrases that have values in them: "expected {width} fields" stands for every width.

const VALUE = /^(?:-?[\d.]+(?:e-?\d+)?|"(?:[^"\\]|\\.)*")$/;

/** A phrase as an expression with one named group for each {name}. */
function patternOf(phrase) {
  const literal = (words) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(
    `^${phrase
      .split(/(\{\w+\})/)
      .map((piece) => (/^\{\w+\}$/.test(piece) ? `(?<${piece.slice(1, -1)}>.+)` : literal(piece)))
      .join("")}$`,
    "s",
  );
}

/**
 * @param {Record<string, string>} phrases translations by phrase
 * @returns {(phrase: string) => string | null} null where there is no translation; values are kept, and translated where they are phrases themselves
 */
export function translator(phrases) {
  const patterns = Object.entries(phrases).map(([phrase, words]) => ({ pattern: patternOf(phrase), words }));
  return function translated(phrase) {
    for (const { pattern, words } of patterns) {
      const found = phrase.match(pattern);
      if (found) return words.replace(/\{(\w+)\}/g, (_, name) => translated(found.groups[name]) ?? found.groups[name]);
    }
    return VALUE.test(phrase) ? phrase : null;
  };
}
