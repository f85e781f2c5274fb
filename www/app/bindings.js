// Which panel shows which part of the state: the one place where they meet.

import { disable } from "../ui/reasons.js";
import { byId } from "../ui/dom.js";

/** Downloads of rates; the schedule needs no core. */
const OF_RATES = ["download-schedule", "download-snippet"];

/** Panels with buttons that change a setting, by a control of it: what a lesson locks, they lock as well. */
const OF_SETTINGS = { diverged: "learning-rate", rates: "rates-table", verdict: "epochs", tune: "choices" };

/**
 * @param {object} page
 * @param {import("./state.js").AppState} page.state
 * @param {import("./settings.js").Settings} page.settings
 * @param {import("../engine/session.js").Session} page.session
 * @param {Record<string, any>} page.panels
 */
export function bindPanels({ state, settings, session, panels }) {
  // The bar comes last: it moves the focus away from controls that the others have locked.
  state.subscribe(["phase", "lesson"], () => {
    for (const name of ["history", "device"]) panels[name].lock(state.lockReason);
    for (const [name, control] of Object.entries(OF_SETTINGS)) panels[name].lock(state.lockOf(control));
  });
  state.subscribe(["phase"], () => panels.bar.showPhase(state.phase, state));
  state.subscribe(["lesson"], () => panels.bar.lockForm(state));

  state.subscribe(["fisher"], () => state.fisher && panels.fisher.show(state.fisher.fisher, state.fisher.origin, state.fisher.of, state.fisher.loss));
  state.subscribe(["losses"], () => {
    const { pretraining, labelled } = state.losses;
    if (pretraining && labelled && pretraining.inputs === labelled.inputs) panels.fisher.showLosses(pretraining.fisher.sites, labelled.fisher.sites);
    else panels.fisher.showLosses(null, null);
  });
  state.subscribe(["rates"], () => {
    if (!state.fisher || !state.rates) return;
    panels.rates.show({ scores: state.fisher.fisher.sites, rates: state.rates, custom: settings.get("custom_rates") }, state.fisher.origin);
    disable(byId("download-schedule"), "");
    disable(byId("download-snippet"), session.inputs.complete ? "" : "loading");
  });
  state.subscribe(["training"], () => {
    if (state.training) panels.train.show(state.training.runs, state.training.origin, state.training);
  });
  state.subscribe(["verdict"], () => state.verdict && panels.verdict.show(state.verdict.results, state.verdict.origin, state.verdict.progress));
  state.subscribe(["verdict"], () => state.verdict && panels.correctionEffect.show(state.verdict.results));
  state.subscribe(["diverged"], () => {
    if (state.diverged.length > 0) panels.diverged.show(state.diverged, halfRate(settings));
    else panels.diverged.clear();
  });
  for (const id of OF_RATES) disable(byId(id), "rates");
}

/** The learning rate to try after a run diverged. */
const halfRate = (settings) => Number((settings.get("learning_rate") / 2).toPrecision(3));
