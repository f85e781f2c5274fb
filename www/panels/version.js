// The offer of a newer version of the page. It waits: nothing reloads unless the reader asks, and not at all during an experiment.

import { byId, element, fill } from "../ui/dom.js";
import { text } from "../i18n/text.js";

/** @param {(onOthers: (count: number) => void) => void} reload changes to the newer version, or reports how many other pages are open */
export function offerNewer(reload) {
  const words = text.version;
  const line = element("p", { role: "status" });
  const button = element("button", { type: "button", id: "reload", onclick: () => reload((others) => { line.textContent = words.others(others); }) }, words.reload);
  fill(byId("new-version"), line, button);
  line.textContent = words.ready;
}
