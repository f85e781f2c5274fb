// Puts the words of the reader’s language where index.html asks for them.

import { element, fill, rich } from "./dom.js";
import { symbolKeys } from "./symbols.js";
import { text } from "../i18n/text.js";

/** The string or list at a path such as "fisher.intro". */
function lookUp(path) {
  const words = path.split(".").reduce((part, name) => part?.[name], text);
  if (words === undefined) throw new Error(`text has no ${path}`);
  return words;
}

/** Fills every element with data-text, data-paragraphs, data-items, data-symbols, data-label or data-placeholder. */
export function localize() {
  const each = (name, act) => document.querySelectorAll(`[data-${name}]`).forEach((node) => act(node, lookUp(node.dataset[name])));
  each("text", (node, words) => fill(node, rich(words)));
  each("paragraphs", (node, list) =>
    fill(
      node,
      list.map((words) => element("p", {}, rich(words))),
    ),
  );
  each("items", (node, list) =>
    fill(
      node,
      list.map((words) => element("li", {}, rich(words))),
    ),
  );
  each("symbols", (node, entries) => fill(node, symbolKeys(entries)));
  each("label", (node, words) => node.setAttribute("aria-label", words));
  each("placeholder", (node, words) => node.setAttribute("placeholder", words));
  document.title = text.title;
}
