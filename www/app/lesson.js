// Lessons: a link (lesson=NAME) opens the page with the parts, settings and questions of data/lessons/NAME.json (app/lesson-file.js).

import { clearErrors, showError } from "../panels/errors.js";
import { fetchJson } from "../platform/files.js";
import { LabError } from "../platform/lab-error.js";
import { PIECES, PARTS, readLesson } from "./lesson-file.js";
import { PROPERTIES } from "./settings.js";
import { text } from "../i18n/text.js";

const FOLDER = "data/lessons";
/** Controls of a setting that has no input of its own. */
const OTHER_CONTROLS = { custom_rates: ["rates-table", "reset-rates"] };

const controlsOf = (setting) => [PROPERTIES.find(({ name }) => name === setting).input, ...(OTHER_CONTROLS[setting] ?? [])].filter(Boolean);

/** @returns {Promise<string[]>} names of the page's lessons */
const namesOfLessons = async () => (await fetchJson(`${FOLDER}/index.json`)).lessons;

const fetchLesson = async (name) => readLesson(`${name}.json`, await fetchJson(`${FOLDER}/${name}.json`));

/** Opens a lesson, steps through it, and opens the whole page again. */
export class LessonController {
  #page;
  /** @type {import("./lesson-file.js").Lesson | null} */
  #lesson = null;
  #step = 0;

  /** @param {import("./run.js").Page} page */
  constructor(page) {
    this.#page = page;
  }

  /**
   * Loads the lesson that the address names.
   * @param {string} name
   * @returns {Promise<string>} its settings as an address has them; "" where there is none, which is told
   */
  async load(name) {
    try {
      const names = await namesOfLessons();
      if (!names.includes(name)) throw new LabError("lesson", text.lesson.unknown(name, names.join(text.marks.comma)));
      this.#lesson = await fetchLesson(name);
    } catch (error) {
      showError(error, "page-errors");
    }
    return this.#lesson?.settings ?? "";
  }

  /** Shows the lesson that was loaded, if there is one. */
  begin() {
    const { settings, panels, state } = this.#page;
    if (!this.#lesson) {
      if (settings.get("lesson") !== "") settings.assign({ lesson: "" }, { quiet: true }); // the whole page, after an error
      return;
    }
    const { parts, without, unlocked } = this.#lesson;
    panels.lesson.leaveOut([...PARTS.filter((part) => !parts.includes(part)), ...PIECES.filter((piece) => without.includes(piece))]);
    state.set({ lesson: { unlocked: unlocked.flatMap(controlsOf) } });
    this.#show();
    panels.lesson.focus(); // a lesson begins at its first step, wherever that stands
  }

  /** @param {1|-1} steps to the next step or back */
  go(steps) {
    this.#step += steps;
    this.#show();
    this.#page.panels.lesson.focus();
  }

  /** The whole page again; settings stay as they are. */
  leave() {
    const { settings, state, panels } = this.#page;
    this.#lesson = null;
    panels.lesson.leaveOut([]);
    panels.lesson.hide();
    state.set({ lesson: null });
    settings.set("lesson", "");
  }

  /** Lists the lessons of the page. */
  async list() {
    clearErrors("lessons-errors");
    try {
      const names = await namesOfLessons();
      const lessons = await Promise.all(names.map(fetchLesson));
      const { settings, panels } = this.#page;
      panels.lesson.list(names.map((name, index) => ({ title: lessons[index].title, address: settings.appearance({ lesson: name }) })));
    } catch (error) {
      showError(error, "lessons-errors", () => this.list());
    }
  }

  #show() {
    const { title, steps, unlocked } = this.#lesson;
    this.#page.panels.lesson.show({ title, step: steps[this.#step], index: this.#step, of: steps.length, unlocked });
  }
}
