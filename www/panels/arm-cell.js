// An arm, or a baseline, in a table: its name beside its line and mark of the charts.

import { swatch } from "../charts/palette.js";
import { element } from "../ui/dom.js";
import { text } from "../i18n/text.js";

/**
 * @param {string} arm
 * @param {string} [baseline] what it is compared with, if that has to be said
 */
export function armCell(arm, baseline = "") {
  return element("span", { class: "arm-cell", translate: false }, swatch(arm), baseline ? text.verdict.against(arm, baseline) : arm);
}
