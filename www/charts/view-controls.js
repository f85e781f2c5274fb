// Pointer and keyboard controls of a loss landscape: drag rotates, two fingers tilt, pinch zooms, keys do the same and move the selected point.
// Dragging on a heat map selects points.

const RADIANS_PER_PIXEL = 0.008;
const RADIANS_PER_KEY = 0.12;
export const ZOOM_PER_KEY = 1.15;
const ZOOM_PER_WHEEL = 0.01;
/** Limit per event: one step of a mouse wheel reports about a hundred pixels. */
const MOST_WHEEL = 20;

/**
 * @typedef {object} ViewControls
 * @property {(azimuth: number, elevation: number) => void} [turn] by radians; without it, a drag selects points
 * @property {(factor: number) => void} [enlarge]
 * @property {() => void} reset
 * @property {(x: number, y: number) => void} pointAt a position in the element, in CSS pixels
 * @property {(columns: number, rows: number) => void} step moves the selected point
 */

/**
 * Listens to pointer and keyboard events of a focusable element.
 * @param {HTMLElement | SVGSVGElement} element
 * @param {ViewControls} controls
 */
export function listenToControls(element, { turn, enlarge, reset, pointAt, step }) {
  const node = /** @type {HTMLElement} */ (element); // both kinds have the same events
  const pointers = new Map();
  const spread = () => {
    const [first, second] = [...pointers.values()];
    return Math.hypot(first.x - second.x, first.y - second.y);
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    node.setPointerCapture(event.pointerId);
  });
  node.addEventListener("pointermove", (event) => {
    const held = pointers.get(event.pointerId);
    if (!held || !turn) {
      pointTo(event);
      return;
    }
    const before = pointers.size === 2 ? spread() : 0;
    const [across, down] = [event.clientX - held.x, event.clientY - held.y];
    Object.assign(held, { x: event.clientX, y: event.clientY });
    if (pointers.size === 2) {
      enlarge(spread() / (before || 1));
      turn(0, (down / 2) * RADIANS_PER_PIXEL); // half for each of two fingers: in a pinch they cancel out
    } else {
      turn(across * RADIANS_PER_PIXEL, down * RADIANS_PER_PIXEL);
    }
  });
  node.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey || !enlarge) return;
      event.preventDefault(); // also sent by trackpad pinches; would zoom the page
      enlarge(Math.exp(-ZOOM_PER_WHEEL * Math.max(-MOST_WHEEL, Math.min(MOST_WHEEL, event.deltaY))));
    },
    { passive: false },
  );
  const pointTo = (event) => {
    const box = node.getBoundingClientRect();
    pointAt(event.clientX - box.left, event.clientY - box.top);
  };
  node.addEventListener("click", pointTo);
  const letGo = (event) => pointers.delete(event.pointerId);
  node.addEventListener("pointerup", letGo);
  node.addEventListener("pointercancel", letGo);
  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = event.shiftKey ? (SHIFTED[event.key] ?? KEYS[event.key]) : KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act({ turn, enlarge, reset, step });
  });
}

const KEYS = {
  ArrowLeft: ({ step }) => step(-1, 0),
  ArrowRight: ({ step }) => step(1, 0),
  ArrowUp: ({ step }) => step(0, 1),
  ArrowDown: ({ step }) => step(0, -1),
  "+": ({ enlarge }) => enlarge?.(ZOOM_PER_KEY),
  "=": ({ enlarge }) => enlarge?.(ZOOM_PER_KEY),
  "-": ({ enlarge }) => enlarge?.(1 / ZOOM_PER_KEY),
  0: ({ reset }) => reset(),
};

const SHIFTED = {
  ArrowLeft: ({ turn }) => turn?.(-RADIANS_PER_KEY, 0),
  ArrowRight: ({ turn }) => turn?.(RADIANS_PER_KEY, 0),
  ArrowUp: ({ turn }) => turn?.(0, -RADIANS_PER_KEY),
  ArrowDown: ({ turn }) => turn?.(0, RADIANS_PER_KEY),
};
