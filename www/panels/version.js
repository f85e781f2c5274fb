// The offer of a newer version of the page. Nothing reloads without a click, and never during an experiment.

import { byId, element, fill } from "../ui/dom.js";
import { text } from "../i18n/text.js";

/** @param {(onOthers: (count: number) => void) => void} reload activates the newer version, or reports the number of other open tabs */
export function offerNewer(reload) {
  const words = text.version;
  const line = element("p", { role: "status" });
  const button = element(
    "button",
    {
      type: "button",
      id: "reload",
      onclick: () =>
        reload((others) => {
          line.textContent = words.others(others);
        }),
    },
    words.reload,
  );
  fill(byId("new-version"), line, button);
  line.textContent = words.ready;
}
