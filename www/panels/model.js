// Section 1: the loaded model, and the requirements of an imported one.

import { SCHEMA } from "../platform/schema.js";
import { byId, element, fill, oncePerFrame, rich, scrollable, table } from "../ui/dom.js";
import { bytes, count, duration, number, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";

/** Memory of a browser tab above which a warning is shown. */
const MUCH_MEMORY = 2e9;
/** Classes of a model's own classifier that are named. */
const SHOWN_CLASSES = 6;

/** The model panel; `listen` connects its events. */
export function modelPanel() {
  const words = text.modelImport;
  const card = byId("bring-card");

  fill(byId("families-table"), familiesTable(words.families));

  const showReceived = oncePerFrame((received, size) => {
    const bar = card.querySelector("progress");
    if (!bar) return; // cancelled meanwhile
    bar.value = received / size;
    card.querySelector(".received").textContent = words.received(bytes(received), bytes(size));
  });

  return {
    /**
     * @param {{onFiles: (files: File[]) => void, onName: (typed: string) => void, onClear: () => void}} actions
     */
    listen({ onFiles, onName, onClear }) {
      byId("model-files").addEventListener("change", ({ target }) => {
        if (target.files.length > 0) onFiles([...target.files]);
        target.value = ""; // allows selecting the same file again
      });
      byId("bring-clear").addEventListener("click", () => {
        onClear();
        byId("model-files").focus();
      });
      byId("hub-form").addEventListener("submit", (event) => {
        event.preventDefault();
        byId("hub-name").removeAttribute("aria-invalid");
        onName(byId("hub-name").value);
      });
    },

    open() {
      byId("bring").open = true;
    },

    /** @param {object} info of the core's `loadModel` */
    showLoaded(info) {
      const { modelSummary, modelHead, modelNoHead, modelMissing } = text.data;
      const missing = info.missing.filter((tensor) => !tensor.startsWith("classifier")); // a pretrained model has no classifier yet
      fill(
        byId("model-summary"),
        `${modelSummary(info.name, count(info.parameters), info.layers, info.hidden, info.sites.length)}${text.marks.stop}${text.marks.gap}`,
        info.head ? modelHead(number(info.head.heldout.loss), percent(info.head.heldout.accuracy)) : null,
        info.has_mlm_head ? null : rich(modelNoHead),
        missing.length > 0 && info.has_mlm_head && !info.head ? modelMissing(missing.slice(0, 6).join(", ")) : null,
        (info.remarks ?? []).map(({ kind, ...remark }) => `${text.marks.gap}${text.data.modelRemarks[kind](remark)}`),
      );
    },

    /** @param {string[] | null} classes of the file's own classifier, which can be kept */
    offerClassifier(classes) {
      byId("keep-classifier-field").hidden = !classes;
      byId("keep-classifier-words").textContent = !classes
        ? ""
        : text.data.keepClassifier(classes.slice(0, SHOWN_CLASSES).join(", ") + (classes.length > SHOWN_CLASSES ? ", …" : ""));
    },

    /** @param {import("../model-import/files.js").ModelFiles} files */
    showFiles(files) {
      byId("bring-clear").hidden = files.empty;
      fill(byId("bring-have"), files.names.length > 0 ? words.have(files.names.join(", ")) : null);
    },

    showStatus(sentence) {
      byId("bring-status").textContent = sentence;
    },

    markName() {
      byId("hub-name").setAttribute("aria-invalid", "true");
      byId("hub-name").focus();
    },

    /**
     * Shows the requirements of a model.
     * @param {null | {appraisal: object, size: number, worker: number, pool: number, workers: number, runSeconds: number, isDownload?: boolean}} needs null: hides them
     * @param {{label: string, onLoad: () => void} | null} [action]
     */
    showCard(needs, action = null) {
      fill(card);
      if (!needs) return;
      const { appraisal, size, worker, pool, workers, runSeconds, isDownload } = needs;
      const row = (name, value) => [element("dt", {}, name), element("dd", {}, value)];
      card.append(
        element(
          "div",
          { class: "needs", role: "group", "aria-label": words.card.region },
          element(
            "dl",
            {},
            row(words.card.size, words.card.sizeWords(count(appraisal.parameters), appraisal.layers, appraisal.hidden, count(appraisal.positions))),
            row(isDownload ? words.card.download : words.card.file, bytes(size)),
            row(
              words.card.memory,
              `${words.card.memoryWords(bytes(worker), bytes(pool), workers)}${text.marks.stop}${worker > MUCH_MEMORY ? `${text.marks.gap}${words.card.memoryHigh}` : ""}`,
            ),
            row(words.card.time, Number.isFinite(runSeconds) ? words.card.timeWords(duration(runSeconds)) : words.card.timeUnknown),
            row(words.card.head, appraisal.causal ? words.card.headCausal : appraisal.has_mlm_head ? words.card.headOwn : words.card.headNone),
          ),
          action
            ? element("div", { class: "buttons" }, element("button", { type: "button", id: "bring-load", onclick: action.onLoad }, action.label))
            : null,
        ),
      );
      if (action) byId("bring-load").focus({ preventScroll: true });
    },

    /**
     * @param {string} name
     * @param {{onAllow: () => void, onDeny: () => void}} actions
     */
    askPermission(name, { onAllow, onDeny }) {
      fill(
        card,
        element(
          "div",
          { class: "needs", role: "group", "aria-labelledby": "hub-question" },
          element("p", { id: "hub-question" }, rich(words.permission(name))),
          element(
            "div",
            { class: "buttons" },
            element("button", { type: "button", id: "hub-allow", onclick: onAllow }, words.allow),
            element("button", { type: "button", id: "hub-deny", onclick: onDeny }, words.deny),
          ),
        ),
      );
      byId("hub-allow").focus({ preventScroll: true });
    },

    showDownloading(size, onCancel) {
      fill(
        card,
        element(
          "div",
          { class: "needs" },
          element("progress", { max: 1, value: 0, "aria-label": words.progress }),
          element("p", { class: "received" }, words.received(bytes(0), bytes(size))),
          element("div", { class: "buttons" }, element("button", { type: "button", id: "bring-cancel", onclick: onCancel }, words.cancel)),
        ),
      );
      byId("bring-cancel").focus({ preventScroll: true });
    },

    showReceived,
  };
}

/** The families that work, what each predicts, what it was checked on, and where its table of sites comes from. */
function familiesTable(words) {
  const rows = SCHEMA.families.map(({ model_types: [name], sites_per_layer: sites, causal, checked_on: checked, sites_from: from }) => [
    words.names[name],
    words.perLayer(sites),
    words.objectives[causal ? "causal" : "masked"],
    words.checked[checked],
    words.from[from],
  ]);
  return scrollable(words.heading, table({ caption: words.caption, columns: Object.values(words.columns), rows }));
}
