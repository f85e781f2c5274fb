// The dropout rates that the present scores and bounds give, and the reader's own instead of them.

import { showError } from "../panels/errors.js";
import { oncePerFrame } from "../ui/dom.js";

/** Updates the rates of section 3. */
export class RatesController {
  #page;

  /** @param {import("./run.js").Page} page */
  constructor(page) {
    this.#page = page;
  }

  /** The rates of the present scores and bounds. */
  refresh = oncePerFrame(async () => {
    const { session, settings, state } = this.#page;
    const [upper, lower] = [settings.get("p_upper"), settings.get("p_lower")];
    if (!state.fisher || lower > upper) return; // the core has no rates between crossed bounds
    try {
      if (session.inputs.complete) state.set({ rates: await session.coordinator.schedule(state.fisher.fisher.sites, upper, lower) });
      else if (state.rates) state.set({ rates: state.rates });
    } catch (error) {
      showError(error, "rates-errors");
    }
  });

  showBounds() {
    const { settings, panels } = this.#page;
    panels.rates.showBounds(settings.get("p_upper"), settings.get("p_lower"));
    this.refresh();
  }

  /** The reader sets the rate of one site; the others become theirs too, as they are. */
  edit(site, rate) {
    const { settings, state } = this.#page;
    const base = settings.get("custom_rates") ?? state.rates.map((pair) => ({ ...pair, rate: Number(pair.rate.toFixed(5)) }));
    settings.assign({
      custom_rates: base.map((pair) => (pair.site === site ? { site, rate } : pair)),
      arms: [...new Set([...settings.get("arms"), "custom"])],
    });
  }

  reset() {
    const { settings } = this.#page;
    const others = settings.get("arms").filter((arm) => arm !== "custom");
    settings.assign({ custom_rates: null, arms: others.length > 0 ? others : ["standard"] });
  }

  /** Whether the reader's own rates are of these sites. */
  fits(sites) {
    return !this.#page.settings.get("custom_rates")?.some(({ site }) => !sites.includes(site));
  }
}
