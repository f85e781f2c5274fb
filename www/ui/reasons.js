// A control that cannot be used says why: as a tooltip, and to a screen reader.

import { byId, element } from "./dom.js";
import { text } from "../i18n/text.js";

/**
 * Disables a control, or enables it.
 * @param {Element & {disabled?: boolean, title?: string}} control
 * @param {keyof typeof text.reasons | ""} reason "" where nothing keeps it from being used
 */
export function disable(control, reason) {
  control.disabled = reason !== "";
  if (reason === "") {
    control.removeAttribute("title");
    control.removeAttribute("aria-describedby");
    return;
  }
  control.title = text.reasons[reason];
  control.setAttribute("aria-describedby", described(reason));
}

function described(reason) {
  const id = `why-${reason}`;
  if (!document.getElementById(id)) byId("reasons").append(element("p", { id }, text.reasons[reason]));
  return id;
}
