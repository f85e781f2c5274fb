// Copy, SVG and PNG at the head of each figure.

import { download, element, fill } from "../ui/dom.js";
import { day } from "../ui/format.js";
import { raster, snapshot } from "./snapshot.js";
import { text } from "../i18n/text.js";

/**
 * Gives every figure of the page its tools.
 * @param {(figure: HTMLElement) => {of: string, date: string}} sourceOf what a figure shows now, and of which day that is, if it is of one
 */
export function addFigureTools(sourceOf) {
  for (const figure of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("figure[id]"))) {
    const name = figure.closest("section").querySelector("h2 [data-text]").textContent;
    const head = figure.querySelector(".figure-head");
    const tools = toolsOf(figure, name, () => sourceOf(figure));
    if (head) head.append(tools);
    else figure.append(tools);
  }
}

function toolsOf(figure, title, sourceOf) {
  const words = text.share.figure;
  const file = `guided-dropout-${figure.id.replace(/-figure$/, "")}`;
  const note = element("span", { role: "status" });
  const take = () => {
    const { of, date } = sourceOf();
    return snapshot(figure, { title, source: [text.title, of, date && day(date)].filter(Boolean).join(" · ") });
  };
  const button = (label, act) =>
    element(
      "button",
      {
        type: "button",
        class: "link",
        onclick: async () => {
          note.textContent = ""; // it may take a line of its own, and the picture is of the figure without it
          try {
            note.textContent = await act();
          } catch (error) {
            note.textContent = words.failed(error.message);
          }
        },
      },
      label,
    );

  async function copy() {
    if (!navigator.clipboard?.write || !globalThis.ClipboardItem) return words.notCopied;
    const picture = raster(take()); // handed over unfinished: some browsers forget the click while it is drawn
    return navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]).then(
      () => words.copied,
      () => words.notCopied,
    );
  }

  function saveSvg() {
    download(`${file}.svg`, take().markup, "image/svg+xml");
    return words.saved(`${file}.svg`);
  }

  async function savePng() {
    download(`${file}.png`, await raster(take()), "image/png");
    return words.saved(`${file}.png`);
  }

  const box = element("div", { class: "figure-tools", role: "group", "aria-label": words.tools(title) });
  fill(box, button(words.copy, copy), button("SVG", saveSvg), button("PNG", savePng), note);
  return box;
}
