// Slider for a dropout rate: drag or arrow keys; Delete or double-click resets it to the guided rate.

import { element, svg } from "../ui/dom.js";
import { markPath } from "./palette.js";

/** Step of the arrow keys; the finer one with Shift and for drags. */
const STEP = 0.005;
const FINE_STEP = 0.001;
const PAGE = 0.02;
/** Distance at which a drag snaps to the guided rate. */
const SNAP_PIXELS = 4;
/** Debounce of held keys: browsers limit the rate of address changes. */
const SETTLE_MS = 250;
/** Keeps the line width constant in a stretched drawing. */
const UNSCALED = { "vector-effect": "non-scaling-stroke" };
/** Minimum distance of axis divisions. */
const DIVISION = 0.05;

/**
 * Upper end of an axis for these rates, with room for larger ones.
 * @param {number[]} rates
 */
export function axisEnd(rates) {
  const wanted = 1.2 * Math.max(0.1, ...rates);
  return Math.min(1, Math.ceil(wanted / DIVISION - 1e-9) * DIVISION);
}

/** Tick values of an axis. */
export function axisTicks(end) {
  const step = DIVISION * Math.ceil(end / DIVISION / 4 - 1e-9);
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => index * step);
}

/**
 * @typedef {object} Shown
 * @property {number} rate value of the slider
 * @property {number} guided guided rate of this row
 * @property {number | null} before guided line at the upper edge of the row; null in the first row
 * @property {number | null} after at the lower edge; null in the last row
 * @property {number} end of the axis
 */

/**
 * A row's segment of the guided line, and its slider; aria-disabled locks it. Stacked rows with equal axes form the whole line.
 * @param {{label: string, locked: boolean, describe: (rate: number, guided: number) => string, onMove: (rate: number, guided: number) => void, onCommit: (rate: number) => void}} options
 *   `describe`: value text; `onMove`: during a drag, `onCommit`: after it
 * @returns {{node: HTMLElement, show: (shown: Shown) => void, busy: () => boolean}} `busy`: during a drag, when `show` does not move the handle
 */
export function rateTrack({ label, locked: lockedAtFirst, describe, onMove, onCommit }) {
  const grid = svg("g", { class: "guide-grid" });
  const line = svg("polyline", { class: "guide-line", ...UNSCALED });
  const departure = svg("line", { class: "departure", y1: 50, y2: 50, ...UNSCALED });
  const handle = element(
    "div",
    {
      class: "handle",
      role: "slider",
      tabIndex: 0,
      "aria-label": label,
      "aria-orientation": "horizontal",
      "aria-valuemin": "0",
      "aria-disabled": String(lockedAtFirst),
    },
    svg(
      "svg",
      { viewBox: "-9 -9 18 18", "aria-hidden": "true" },
      svg("path", { d: markPath("circle", 0, 0, 6), class: "mark arm-guided" }),
      svg("path", { d: markPath("triangle", 0, 0, 7.5), class: "mark arm-custom" }),
    ),
  );
  const node = element(
    "div",
    { class: "track" },
    svg("svg", { class: "guide", viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" }, grid, line, departure),
    handle,
  );
  let shown = { rate: 0, guided: 0, before: null, after: null, end: 0.1 };
  let drag = null;
  let settling = null;
  let gridEnd = null;

  const place = (rate) => {
    shown.rate = rate;
    const along = (value) => (100 * value) / shown.end;
    const points = [
      [shown.before, 0],
      [shown.guided, 50],
      [shown.after, 100],
    ].filter(([value]) => value !== null);
    line.setAttribute("points", points.map(([value, y]) => `${along(value)},${y}`).join(" "));
    departure.setAttribute("x1", String(along(shown.guided)));
    departure.setAttribute("x2", String(along(rate)));
    handle.style.left = `${along(rate)}%`;
    handle.setAttribute("aria-valuemax", String(Number(shown.end.toFixed(3))));
    handle.setAttribute("aria-valuenow", String(Number(rate.toFixed(5))));
    handle.setAttribute("aria-valuetext", describe(rate, shown.guided));
    handle.title = describe(rate, shown.guided);
  };
  const locked = () => handle.getAttribute("aria-disabled") === "true";
  const drawGrid = () => {
    if (gridEnd === shown.end) return;
    gridEnd = shown.end;
    grid.replaceChildren(
      ...axisTicks(gridEnd).map((rate) => svg("line", { x1: (100 * rate) / gridEnd, x2: (100 * rate) / gridEnd, y1: 0, y2: 100, ...UNSCALED })),
    );
  };
  const move = (rate) => {
    place(Math.min(shown.end, Math.max(0, rate)));
    onMove(shown.rate, shown.guided);
  };
  const commit = () => {
    clearTimeout(settling);
    settling = null;
    onCommit(shown.rate);
  };
  const backToLine = () => {
    if (locked()) return;
    move(shown.guided);
    commit();
  };

  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || locked()) return;
    handle.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, from: shown.rate, width: node.getBoundingClientRect().width, moved: false };
  });
  handle.addEventListener("pointermove", ({ clientX }) => {
    if (!drag || (!drag.moved && Math.abs(clientX - drag.x) < 2)) return;
    drag.moved = true;
    const rate = drag.from + ((clientX - drag.x) / drag.width) * shown.end;
    const near = Math.abs(rate - shown.guided) < (SNAP_PIXELS / drag.width) * shown.end;
    move(near ? shown.guided : Math.round(rate / FINE_STEP) * FINE_STEP);
  });
  const endDrag = (kept) => {
    if (!drag) return;
    const { from, moved } = drag;
    drag = null;
    if (kept && moved) commit();
    else if (moved) move(from);
  };
  handle.addEventListener("pointerup", () => endDrag(true));
  handle.addEventListener("pointercancel", () => endDrag(false)); // the browser scrolls instead
  handle.addEventListener("dblclick", backToLine);
  handle.addEventListener("blur", () => settling !== null && commit());
  handle.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) {
      endDrag(false);
      return;
    }
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      backToLine();
      return;
    }
    const rate = afterKey(event, shown.rate, shown.end);
    if (rate === null || locked()) return;
    event.preventDefault();
    move(rate);
    clearTimeout(settling);
    settling = setTimeout(commit, SETTLE_MS);
  });

  const busy = () => drag !== null || settling !== null;
  return {
    node,
    show(next) {
      const rate = busy() ? shown.rate : next.rate;
      shown = { ...next };
      drawGrid();
      place(rate);
    },
    busy,
  };
}

/** The rate after a key press, or null for keys that a slider ignores. */
function afterKey({ key, shiftKey, ctrlKey, metaKey, altKey }, rate, end) {
  if (ctrlKey || metaKey || altKey) return null;
  const step = shiftKey ? FINE_STEP : STEP;
  const up = () => (Math.floor(rate / step + 1e-6) + 1) * step;
  const down = () => (Math.ceil(rate / step - 1e-6) - 1) * step;
  return (
    {
      ArrowRight: up,
      ArrowUp: up,
      ArrowLeft: down,
      ArrowDown: down,
      PageUp: () => rate + PAGE,
      PageDown: () => rate - PAGE,
      Home: () => 0,
      End: () => end,
    }[key]?.() ?? null
  );
}
