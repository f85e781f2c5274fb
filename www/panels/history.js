// History: the list of stored experiments, and the offer to resume an interrupted one.

import { byId, element, fill, rich } from "../ui/dom.js";
import { bytes, minute } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { technicalDetail } from "../ui/technical.js";
import { text } from "../i18n/text.js";
import { verdictSentences } from "./verdict-sentences.js";

/**
 * @typedef {object} Entry an experiment in the list
 * @property {string} id
 * @property {string} name
 * @property {string} date ISO
 * @property {string} dataset
 * @property {number} arms
 * @property {number} seeds
 * @property {{runs: number, of: number, fisher: boolean}} progress
 * @property {string} verdict text of the core
 * @property {import("./verdict-sentences.js").Judgement} [judgement] missing in records of an earlier version
 * @property {boolean} done
 * @property {boolean} shown whether results can be opened
 */

/**
 * @param {{onOpen: (id: string) => void, onContinue: (id: string) => void, onDismiss: (id: string) => void, onRename: (id: string, name: string) => void,
 *   onRemove: (id: string) => void, onExport: (id: string, withFiles: boolean) => void, onImport: (file: File) => void, onRemoveUnclaimed: () => void}} actions
 */
export function historyPanel({ onOpen, onContinue, onDismiss, onRename, onRemove, onExport, onImport, onRemoveUnclaimed }) {
  const words = text.history;
  const list = byId("past-list");
  let lockReason = "loading";
  byId("import-experiment").addEventListener("change", ({ target }) => {
    if (target.files[0]) onImport(target.files[0]);
    target.value = ""; // allows selecting the same file again
  });

  byId("remove-unclaimed").addEventListener("click", onRemoveUnclaimed);

  const button = (label, name, act, properties = {}) =>
    element("button", { type: "button", "aria-label": `${label}: ${name}`, ...properties, onclick: act }, label);

  function item(entry) {
    const place = element("li", { "data-id": entry.id });
    const rest = () => {
      const { id, name, done, shown } = entry;
      fill(
        place,
        element("h3", {}, name),
        element("p", { class: "note" }, words.facts(minute(entry.date), entry.dataset, entry.arms, entry.seeds)),
        element("p", {}, entry.done ? verdictOf(entry) : element("span", { class: "so-far" }, words.progress(entry.progress))),
        element(
          "div",
          { class: "buttons" },
          shown ? button(words.open, name, () => onOpen(id), { class: "needs-rest" }) : null,
          done ? null : button(words.continue, name, () => onContinue(id), { class: "needs-rest" }),
          button(words.rename, name, rename),
          button(words.export, name, () => onExport(id, byId("export-files").checked)),
          button(words.remove, name, confirmRemoval, { class: "needs-rest" }),
        ),
      );
      applyLock();
    };
    const back = (label) => {
      rest();
      place.querySelector(`button[aria-label^="${label}"]`).focus();
    };
    const rename = () => {
      const input = element("input", { type: "text", value: entry.name, maxLength: 80, required: true });
      const save = (event) => {
        event.preventDefault();
        if (input.value.trim() === "") return;
        onRename(entry.id, input.value.trim());
      };
      fill(
        place,
        element(
          "form",
          { class: "controls", onsubmit: save, onkeydown: ({ key }) => key === "Escape" && back(words.rename) },
          element("label", { class: "field" }, element("span", {}, words.newName), input),
          element(
            "div",
            { class: "field answers" },
            element("button", { type: "submit" }, words.save),
            element("button", { type: "button", onclick: () => back(words.rename) }, words.cancel),
          ),
        ),
      );
      input.select();
    };
    const confirmRemoval = () => {
      const keep = element("button", { type: "button", onclick: () => back(words.remove) }, words.keep);
      fill(
        place,
        element("p", {}, words.removeQuestion(entry.name)),
        element(
          "div",
          { class: "buttons", onkeydown: ({ key }) => key === "Escape" && back(words.remove) },
          keep,
          element("button", { type: "button", class: "danger", onclick: () => onRemove(entry.id) }, words.removeSurely),
        ),
      );
      keep.focus();
    };
    rest();
    return place;
  }

  function applyLock() {
    const controls = [
      ...list.querySelectorAll(".needs-rest"),
      byId("import-experiment"),
      byId("remove-unclaimed"),
      ...byId("resume-offer").querySelectorAll("button"),
    ];
    for (const control of controls) disable(control, lockReason);
  }

  return {
    /**
     * @param {Entry[]} entries newest first
     * @param {{used: number, unclaimed: number}} store `used`: bytes of the database, NaN if unknown; `unclaimed`: jobs of no experiment
     */
    show(entries, { used, unclaimed }) {
      if (entries.length === 0) fill(list, element("li", { class: "empty" }, words.none));
      else fill(list, entries.map(item));
      byId("past-size").textContent = entries.length > 0 && used > 0 ? words.size(bytes(used)) : "";
      byId("past-unclaimed").hidden = unclaimed === 0;
      byId("unclaimed-count").textContent = unclaimed > 0 ? words.unclaimed(unclaimed) : "";
      applyLock();
    },

    /** Focuses an experiment in the list, or the heading if it no longer exists. */
    focus(id) {
      const place = [...list.children].find((child) => child.dataset.id === id);
      (place?.querySelector("button") ?? byId("past-heading")).focus();
    },

    /** @param {Entry | null} entry an interrupted experiment */
    offer(entry) {
      const place = byId("resume-offer");
      if (!entry) {
        fill(place);
        return;
      }
      fill(
        place,
        element("p", {}, rich(words.offer), ["", words.offered(entry.name, minute(entry.date)), words.progress(entry.progress)].join(text.marks.gap)),
        element(
          "div",
          { class: "buttons" },
          element("button", { type: "button", id: "resume", class: "primary", onclick: () => onContinue(entry.id) }, words.continue),
          element("button", { type: "button", id: "dismiss", onclick: () => onDismiss(entry.id) }, words.dismiss),
        ),
      );
      applyLock();
    },

    /** Disables the actions while the page loads or an experiment runs. @param {string} reason "" to unlock */
    lock(reason) {
      lockReason = reason;
      applyLock();
    },

    /** @param {string} sentence on whether experiments are stored permanently */
    showStorage(sentence) {
      byId("past-storage").textContent = sentence;
    },

    /** @param {string} sentence on the last action */
    announce(sentence) {
      byId("past-status").textContent = sentence;
    },
  };
}

function verdictOf({ verdict, judgement }) {
  return judgement ? verdictSentences(judgement) : technicalDetail(verdict);
}
