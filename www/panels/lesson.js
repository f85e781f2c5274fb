// A lesson's step: what to look at, a question, and its answer once it is asked for. It stands before the part of the page that it is about.

import { byId, element, fill, rich } from "../ui/dom.js";
import { language, text } from "../i18n/text.js";

/** @param {Record<string, string>} words by language */
const inLanguage = (words) => words[language] ?? words.en ?? Object.values(words)[0];
const nameOf = (setting) => text.verdict.printSettings.settings[setting]?.label ?? setting;

/**
 * @param {{onGo: (steps: 1|-1) => void, onLeave: () => void, onList: () => void}} actions `onList`: the list of lessons was opened
 */
export function lessonPanel({ onGo, onLeave, onList }) {
  const words = text.lesson;
  const panel = byId("lesson");
  const button = (id, label, act, properties = {}) => element("button", { type: "button", id, onclick: act, ...properties }, label);
  byId("lessons")
    .querySelector("details")
    .addEventListener("toggle", ({ target }) => target.open && onList(), { once: true });

  return {
    /**
     * @param {{title: Record<string, string>, step: import("../app/lesson-file.js").Step, index: number, of: number, unlocked: string[]}} shown
     *   `unlocked`: settings that stay the reader's
     */
    show({ title, step, index, of, unlocked }) {
      document.documentElement.dataset.lesson = "";
      panel.hidden = false;
      fill(
        panel,
        element("h2", { id: "lesson-title" }, words.title(inLanguage(title))),
        element("p", { class: "note" }, words.step(index + 1, of)),
        element("p", {}, rich(inLanguage(step.text))),
        element("p", { class: "lesson-question" }, element("strong", {}, rich(inLanguage(step.question)))),
        element("details", {}, element("summary", {}, words.answer), element("p", {}, rich(inLanguage(step.answer)))),
        element(
          "div",
          { class: "buttons" },
          button("lesson-back", words.back, () => onGo(-1), { disabled: index === 0 }),
          button("lesson-next", words.next, () => onGo(1), { disabled: index === of - 1 }),
          button("lesson-leave", words.leave, onLeave, { class: "link" }),
        ),
        element("p", { class: "note" }, words.locked(unlocked.map(nameOf).join(text.marks.comma))),
      );
      byId(step.place).before(panel);
    },

    /** Brings the step into view, for the keyboard too. */
    focus() {
      panel.scrollIntoView();
      panel.focus({ preventScroll: true });
    },

    hide() {
      delete document.documentElement.dataset.lesson;
      panel.hidden = true;
      byId("run").focus({ preventScroll: true });
    },

    /** @param {string[]} ids of parts that are not shown, nor are links to them in the lists of parts */
    leaveOut(ids) {
      for (const node of document.querySelectorAll(".left-out")) node.classList.remove("left-out");
      for (const id of ids) {
        byId(id).classList.add("left-out");
        for (const link of document.querySelectorAll(`:is(.contents, #steps) a[href="#${id}"]`)) link.parentElement.classList.add("left-out");
      }
    },

    /** @param {Array<{title: Record<string, string>, address: string}>} lessons of the page */
    list(lessons) {
      fill(
        byId("lesson-list"),
        lessons.map(({ title, address }) => element("li", {}, element("a", { href: address }, inLanguage(title)))),
      );
    },
  };
}
