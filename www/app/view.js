// The two views of the page, paper and workbench: which one is shown, and the offer to change. The view is a setting, and so in the address.

import { nextStep, PLACES } from "./next-step.js";

/** Shows the view that the settings name. */
export class ViewController {
  #page;
  #isDismissed = false;

  /** @param {import("./run.js").Page} page */
  constructor(page) {
    this.#page = page;
    page.state.subscribe(["own"], () => this.#offer());
    page.state.subscribe(["phase", "dataset", "own", "source", "verdict", "diverged"], () => this.#showOutlook());
  }

  /** The settings may name another view. */
  refresh() {
    const { settings, panels } = this.#page;
    panels.workbench.show(settings.get("view"));
    this.#offer();
  }

  open() {
    this.#page.settings.set("view", "workbench");
  }

  dismiss() {
    this.#isDismissed = true;
    this.#offer();
  }

  /** Who brings a file has work to do. */
  #offer() {
    const { settings, state, panels } = this.#page;
    panels.workbench.offer(state.own.dataset && settings.get("view") === "paper" && !this.#isDismissed);
  }

  #showOutlook() {
    const { state, panels } = this.#page;
    const next = nextStep(state);
    panels.workbench.showOutlook(state.verdict, next, PLACES[next], state.source?.name);
  }
}
