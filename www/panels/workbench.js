// The workbench: the page's parts as compact panels (styles/workbench.css), explanations folded, and in the run bar the steps, the verdict and
// what comes next. The paper has none of it; both are the same document.

import { byId, element, fill, oncePerFrame } from "../ui/dom.js";
import { text } from "../i18n/text.js";
import { judgementOf, verdictSentences } from "./verdict-sentences.js";

/** Parts beside the journey: folded whole, but for their heading. */
const ASIDE = ["surface", "past"];
/** Steps that are more than the element which their link leads to. */
const ALSO = { tune: ["rates", "tune-part"] };
/** Where the reader looks, as a fraction of the window below the bar. */
const READING_LINE = 0.3;

/**
 * @param {{onOpen: () => void, onDismiss: () => void}} actions of the offer to change to this view
 */
export function workbenchPanel({ onOpen, onDismiss }) {
  const words = text.view;
  const root = document.documentElement;
  const isShown = () => root.dataset.view === "workbench";
  const parts = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("main > .part")]);
  const unfolders = new Map(parts.map((part) => [part, unfolder(part)]));
  const steps = stepper(isShown);
  /** @type {{verdict: any, next: string, place: string, loaded?: string} | null} */
  let latest = null;

  document.addEventListener("click", unfoldTarget, { capture: true }); // before the page scrolls there
  new ResizeObserver(([{ target }]) => {
    root.style.setProperty("--bar", `${target.clientHeight}px`);
  }).observe(byId("run-bar"));

  /** A link leads to what may be folded. */
  function unfoldTarget({ target }) {
    const link = /** @type {Element} */ (target).closest('a[href^="#"]');
    const place = isShown() && link && document.getElementById(link.getAttribute("href").slice(1));
    if (place && !place.checkVisibility()) unfolders.get(place.closest(".part"))?.(true);
  }

  function drawOutlook() {
    if (!latest || !isShown()) return;
    const { verdict, next, place, loaded } = latest;
    fill(byId("outlook-verdict"), verdict ? verdictLine(verdict, loaded) : words.noVerdict);
    byId("outlook-link").textContent = words.nextSteps[next];
    byId("outlook-link").setAttribute("href", `#${place}`);
  }

  return {
    /** @param {"paper"|"workbench"} view */
    show(view) {
      root.dataset.view = view;
      drawOutlook();
      steps.refresh();
    },

    /**
     * @param {{results: any, origin: import("./origin.js").Origin, progress?: {runs: number, of: number}} | null} verdict
     * @param {string} next a key of the texts' `nextSteps`
     * @param {string} place id of the element where it is done
     * @param {string} [loaded] name of the data that are loaded, which may be others
     */
    showOutlook(verdict, next, place, loaded) {
      latest = { verdict, next, place, loaded };
      drawOutlook();
    },

    /** Offers this view, or withdraws the offer. @param {boolean} isOffered */
    offer(isOffered) {
      const place = byId("view-offer");
      if (!isOffered) {
        fill(place);
        return;
      }
      fill(
        place,
        element("p", {}, words.offer),
        element(
          "div",
          { class: "buttons" },
          element("button", { type: "button", id: "view-offer-open", onclick: onOpen }, words.offerOpen),
          element("button", { type: "button", id: "view-offer-dismiss", onclick: onDismiss }, words.offerDismiss),
        ),
      );
    },
  };
}

/** The verdict and whose it is, for one or two lines; on other data than those that are loaded it names them. */
function verdictLine({ results, origin, progress }, loaded) {
  const { verdictOf, verdictOnOther } = text.view;
  const isPartial = progress && progress.runs < progress.of;
  const isOnOther = ["finished", "kept"].includes(origin.kind) && results.dataset.name !== loaded;
  const ended = isOnOther ? verdictOnOther(results.dataset.name) : verdictOf[origin.kind];
  const whose = isPartial ? text.verdict.soFar(progress.runs, progress.of) : ended;
  return [element("strong", {}, whose), whose && " ", ...verdictSentences(judgementOf(results))];
}

/** The button at the head of a part that shows what is folded in it. */
function unfolder(part) {
  const { explain, open } = text.view;
  const heading = part.querySelector("h2");
  const isAside = ASIDE.includes(part.id);
  part.classList.toggle("aside", isAside);
  const name = heading.querySelector("[data-text]")?.textContent ?? heading.textContent;
  const button = element("button", { type: "button", class: "unfold", "aria-label": (isAside ? open : explain)(name) });
  const unfold = (isUnfolded) => {
    part.classList.toggle("unfolded", isUnfolded);
    button.setAttribute("aria-expanded", String(isUnfolded));
    button.textContent = isUnfolded ? "−" : isAside ? "+" : "?";
  };
  button.addEventListener("click", () => unfold(!part.classList.contains("unfolded")));
  unfold(false);
  heading.after(button);
  return unfold;
}

/** The steps of the journey: the one at which the reader is has `aria-current`. */
function stepper(isShown) {
  const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("#steps a")]);
  const steps = links.map((link) => ({
    link,
    places: [link.getAttribute("href").slice(1), ...(ALSO[link.dataset.step] ?? [])].map(byId),
  }));
  let [here] = steps;
  const refresh = oncePerFrame(() => {
    if (!isShown()) return;
    here = stepHere(steps) ?? here; // between two panels: as before
    for (const { link } of steps) {
      if (link === here.link) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
  });
  addEventListener("scroll", refresh, { passive: true });
  addEventListener("resize", refresh);
  document.addEventListener("focusin", refresh);
  return { refresh };
}

/** Panels lie side by side: of those at the reading line, the one with the focus, else the first. At the page's end every visible one counts. */
function stepHere(steps) {
  const top = byId("run-bar").getBoundingClientRect().bottom;
  const isAtEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  const [from, to] = isAtEnd ? [top, innerHeight] : [top, top].map((edge) => edge + READING_LINE * (innerHeight - top));
  const isAt = (place) => {
    const box = place.getBoundingClientRect();
    return box.top <= to && box.bottom > from;
  };
  const near = steps.filter(({ places }) => places.some(isAt));
  return near.find(({ places }) => places.some((place) => place.contains(document.activeElement))) ?? near.at(isAtEnd ? -1 : 0);
}
