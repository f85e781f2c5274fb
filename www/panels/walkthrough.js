// Section 2: step-by-step walkthrough of the formula for one text, with the loaded model's numbers.

import { byId, element, fill, rich } from "../ui/dom.js";
import { count } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { follow } from "../ui/symbols.js";
import { text } from "../i18n/text.js";
import { clearErrors, showError } from "./errors.js";
import { showEmpty } from "./origin.js";
import { STEPS } from "./walkthrough-steps.js";

/** @param {ReturnType<import("../app/walkthrough.js").createWalkthroughs>} walks */
export function walkthroughPanel(walks) {
  const words = text.walkthrough;
  const figure = byId("walk");
  const [back, next, another, site] = ["walk-back", "walk-next", "walk-another", "walk-site"].map(byId);
  let step = 0;
  /** Inputs of the current walkthroughs. */
  let inputs = null;
  /** Walkthroughs so far, and the running estimates. */
  let seen = [];
  let estimates = [];
  let busy = false;
  let near = false;

  const tabs = STEPS.map(({ name, symbol }, index) =>
    element(
      "button",
      { type: "button", class: "walk-step", "data-symbol": symbol, onclick: () => go(index) },
      element("span", { class: "numeral" }, String(index + 1)),
      element("span", { class: "walk-step-title" }, words.steps[name].title),
    ),
  );
  const wordsOf = (name) => (walks.causal && words.causal[name]) || words.steps[name];
  fill(
    byId("walk-steps"),
    tabs.map((tab) => element("li", {}, tab)),
  );

  function go(index) {
    step = Math.max(0, Math.min(STEPS.length - 1, index));
    const { name, symbol } = STEPS[step];
    const { title, explained } = wordsOf(name);
    tabs.forEach((tab, place) => (tab.querySelector(".walk-step-title").textContent = wordsOf(STEPS[place].name).title));
    tabs.forEach((tab, place) => (place === step ? tab.setAttribute("aria-current", "step") : tab.removeAttribute("aria-current")));
    fill(byId("walk-title"), words.stepOf(step + 1, STEPS.length, title));
    fill(byId("walk-explained"), rich(explained));
    byId("walk-body").setAttribute("data-symbol", symbol);
    follow("fisher", symbol);
    disable(back, step === 0 ? "firstStep" : "");
    disable(next, step === STEPS.length - 1 ? "lastStep" : "");
    draw();
  }

  function draw() {
    disable(another, busy || seen.length === 0 ? "walking" : seen.length >= walks.texts ? "lastText" : "");
    byId("walk-count").textContent = seen.length > 0 ? words.text(count(seen.length), count(walks.texts)) : "";
    byId("walk-site-field").hidden = seen.length === 0 || !STEPS[step].ofSite;
    const body = byId("walk-body");
    figure.setAttribute("aria-busy", String(busy));
    const latest = seen.at(-1);
    if (!latest) showEmpty(body, busy ? words.computing : walks.lacksHead ? text.data.modelNoHead : words.waiting);
    else if (latest.hidden.length === 0) showEmpty(body, words.nothing);
    else fill(body, STEPS[step].show({ walk: latest, seen, estimates, site: site.value, vocabulary: walks.vocabulary }));
  }

  /** Processes the next text and adds it to the mean. */
  async function takeNext() {
    if (busy || seen.length >= walks.texts) return;
    busy = true;
    draw();
    const madeOf = inputs;
    try {
      const walk = await walks.walk(seen.length);
      const estimate = await walks.estimateFisher([...seen, walk]);
      if (madeOf === inputs) {
        seen.push(walk);
        estimates.push(estimate);
        offerSites(walk);
        clearErrors("walk-errors");
      }
    } catch (error) {
      if (madeOf === inputs) showError(error, "walk-errors");
    } finally {
      busy = false;
      draw();
    }
    if (madeOf !== inputs) refresh();
  }

  function offerSites({ sites }) {
    const names = sites.map(({ site: name }) => name);
    if ([...site.options].map(({ value }) => value).join() === names.join()) return;
    fill(
      site,
      names.map((name) => element("option", { value: name }, name)),
    );
    site.value = names[1] ?? names[0];
  }

  /** Restarts if the model, the unlabelled text or their settings have changed. The first text is processed when the figure comes into view. */
  function refresh() {
    if (inputs !== walks.inputs()) {
      inputs = walks.inputs();
      seen = [];
      estimates = [];
      clearErrors("walk-errors");
      go(step); // another model may have other steps
    }
    if (near && seen.length === 0 && walks.texts > 0) takeNext();
  }

  back.addEventListener("click", () => go(step - 1));
  next.addEventListener("click", () => go(step + 1));
  another.addEventListener("click", takeNext);
  site.addEventListener("change", draw);
  figure.addEventListener("keydown", (event) => {
    if (!["ArrowRight", "ArrowLeft"].includes(event.key) || !event.target.closest("button") || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(step + (event.key === "ArrowRight" ? 1 : -1));
    if (event.target.closest(".walk-step")) tabs[step].focus();
  });
  new IntersectionObserver(
    (entries) => {
      near = entries.at(-1).isIntersecting;
      refresh();
    },
    { rootMargin: "200px" },
  ).observe(figure);
  go(0);

  return { refresh };
}
