// Line chart with bands and the single runs of one line at a time: a wrapper of uPlot.

import uPlot from "../vendor/uPlot.esm.js";
import { element, oncePerFrame } from "../ui/dom.js";
import { cssColor, onSchemeChange, traceMark } from "./palette.js";
import { drawings, vectorLines } from "./line-chart-svg.js";

/** Height of a chart where the styles ask for no other one (`min-height`; print asks for none). */
const HEIGHT = 240;
/** Maximum number of points drawn with marks. */
const MARKED_POINTS = 24;
/** Hover distance of a line, in pixels. */
const REACH = 40;
/** Opacity of the other lines while one shows its runs. */
const FADED = 0.15;

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {{color: string, dash: number[], mark: string}} style
 * @property {Array<number|null>} mid one value for each x
 * @property {Array<number|null>} [low] lower edge of the band
 * @property {Array<number|null>} [high]
 * @property {Array<number|null>} [min] lowest of the runs
 * @property {Array<number|null>} [max]
 * @property {Array<{name: string, values: Array<number|undefined>}>} [runs] the averaged runs
 */

/**
 * @param {HTMLElement} container
 * @param {{xLabel: string, format: (value: number) => string, formatTicks?: (values: number[]) => string[], range: (low: number, high: number) => number[], wholeSteps?: boolean, holes?: boolean,
 *   role: string, label: string | (() => string), detail?: (line: Line, index: number) => string, onPoint?: (name: string | null) => void, onPick?: (name: string | null) => void}} options
 *   `holes`: null breaks a line, undefined is bridged; without it, both are bridged; `wholeSteps`: x ticks at integers only; `role` and `label`: role description and name for screen readers; `detail` says at a point what a line's runs are;
 *   `onPoint`: the pointer or the arrow keys are at this line, or left; `onPick`: it was clicked, or Enter pressed
 * @returns {{show: (x: number[], lines: Line[], redrawn?: () => Line[]) => void, emphasise: (name: string | null) => void, clear: () => void}}
 */
export function lineChart(container, options) {
  const box = element("div", { class: "plot", role: "application", "aria-roledescription": options.role, tabIndex: 0 });
  const readout = element("p", { class: "readout" });
  let plot = null;
  let drawn = "";
  let latest = null;
  /** State for the drawing hooks: the current lines, and the one that shows its runs. */
  const view = { lines: new Map(), emphasised: null, byKeys: false };

  const width = () => Math.max(200, Math.floor(box.clientWidth));
  const height = () => parseFloat(getComputedStyle(box).minHeight) || HEIGHT;
  // In the next frame: resizing within the observer callback would raise an error.
  new ResizeObserver(oncePerFrame(() => plot?.setSize({ width: width(), height: height() }))).observe(box);
  onSchemeChange(() => {
    drawn = "";
    if (latest) chart.show(...latest);
  });
  listen();

  drawings.set(box, () => {
    const [x, lines, restyle] = latest;
    const { xLabel, format, formatTicks = (values) => values.map(format), wholeSteps, holes } = options;
    /** @type {{x: [number, number], y: [number, number]}} */
    const range = { x: [plot.scales.x.min, plot.scales.x.max], y: [plot.scales.y.min, plot.scales.y.max] };
    const colors = { ink: cssColor("--ink-soft"), rule: cssColor("--rule") };
    return vectorLines({
      x,
      lines: restyle ? restyle(lines) : lines,
      size: { width: width(), height: height() },
      range,
      xLabel,
      formatTicks,
      wholeSteps,
      holes,
      colors,
      emphasised: view.emphasised,
    });
  });

  const chart = {
    show(x, lines, restyle) {
      latest = [x, lines, restyle];
      view.lines = new Map(lines.map((line) => [line.name, line]));
      if (!box.isConnected) container.replaceChildren(box, readout);
      box.setAttribute(
        "aria-label",
        `${typeof options.label === "string" ? options.label : options.label()}, ${options.xLabel} ${x.at(-1)}: ${lines.map(({ name, mid }) => `${name} ${lastOf(mid, options.format)}`).join(", ")}`,
      );
      const names = lines.map(({ name, low }) => `${name}${low ? "±" : ""}`).join("\n");
      const data = [x, ...lines.flatMap(({ low, mid, high }) => (low ? [low, high, mid] : [mid]))];
      if (plot && names === drawn) {
        plot.setData(data);
        return;
      }
      drawn = names;
      plot?.destroy();
      box.replaceChildren();
      plot = new uPlot(plotOptions(restyle ? restyle(lines) : lines, options, { width: width(), height: height() }, view, readout), data, box);
      fadeOthers();
    },
    emphasise(name) {
      if (view.emphasised === name) return;
      view.emphasised = name;
      fadeOthers();
    },
    clear() {
      plot?.destroy();
      plot = latest = null;
      drawn = "";
      box.remove();
      readout.remove();
    },
  };
  return chart;

  function fadeOthers() {
    if (!plot) return;
    const chosen = view.lines.has(view.emphasised) ? view.emphasised : null;
    for (const series of plot.series.slice(1)) series.alpha = chosen === null || series.line === chosen ? 1 : FADED;
    plot.redraw(false);
    showReadout(plot, view, readout, options);
  }

  function listen() {
    const { onPoint = () => {}, onPick = () => {} } = options;
    box.addEventListener("pointermove", ({ pointerType }) => {
      if (!plot || pointerType === "touch") return;
      view.byKeys = false;
      onPoint(nearestLine(plot));
    });
    box.addEventListener("pointerleave", () => onPoint(null));
    box.addEventListener("click", () => plot && onPick(nearestLine(plot)));
    box.addEventListener("keydown", (event) => {
      if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
      const { key } = event;
      const names = [...view.lines.keys()];
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[key];
      const turn = { ArrowUp: -1, ArrowDown: 1 }[key];
      if (step !== undefined) moveCursor(plot, step, view);
      else if (turn !== undefined) {
        onPoint(names.at((names.indexOf(view.emphasised) + turn + names.length + (view.emphasised === null && turn < 0 ? 1 : 0)) % names.length));
      } else if (key === "Enter") onPick(view.emphasised);
      else if (key === "Escape") leave();
      else return;
      event.preventDefault();
    });
    box.addEventListener("focus", () => {
      readout.ariaLive = "polite";
    }); // announce readouts of the keyboard, not of the pointer
    box.addEventListener("blur", leave);

    function leave() {
      readout.ariaLive = "off";
      if (view.byKeys) plot?.setCursor({ left: -10, top: -10 });
      view.byKeys = false;
      onPoint(null);
    }
  }
}

function lastOf(values, format) {
  const value = values.findLast(Number.isFinite);
  return value === undefined ? "" : format(value);
}

function moveCursor(plot, step, view) {
  const last = plot.data[0].length - 1;
  const from = plot.cursor.idx ?? (step > 0 ? -1 : last + 1);
  const index = Math.min(last, Math.max(0, from + step));
  view.byKeys = true;
  plot.setCursor({ left: plot.valToPos(plot.data[0][index], "x"), top: 0 });
}

/** The line whose mean, or whose nearest run, is near the pointer. */
function nearestLine(plot) {
  const { idx, top } = plot.cursor;
  if (idx === null || idx === undefined || top < 0) return null;
  const near = plot.series
    .map(({ line, isMiddle }, index) => ({ line, isMiddle, value: plot.data[index][idx] }))
    .filter(({ isMiddle, value }) => isMiddle && Number.isFinite(value))
    .map(({ line, value }) => ({ line, distance: Math.abs(plot.valToPos(value, "y") - top) }))
    .sort((left, right) => left.distance - right.distance)[0];
  return near && near.distance < REACH ? near.line : null;
}

/** @returns {any} uPlot's options */
function plotOptions(lines, options, { width, height }, view, readout) {
  const { xLabel, format, formatTicks = (values) => values.map(format), range, wholeSteps, holes = false } = options;
  const ink = cssColor("--ink-soft");
  const grid = { stroke: cssColor("--rule"), width: 1 };
  const font = "12px system-ui, sans-serif";
  const series = [{ label: xLabel }];
  const bands = [];
  const middles = [];
  for (const line of lines) {
    if (line.low) {
      const edge = { show: true, width: 0, points: { show: false }, line: line.name };
      bands.push({ series: [series.length + 1, series.length], fill: withAlpha(line.style.color, lines.length > 4 ? 0.07 : 0.16) });
      series.push({ ...edge, label: `${line.name} low` }, { ...edge, label: `${line.name} high` });
    }
    middles.push({ index: series.length, line });
    series.push({
      label: line.name,
      stroke: line.style.color,
      width: 2,
      dash: line.style.dash,
      points: { show: false },
      spanGaps: !holes,
      line: line.name,
      isMiddle: true,
    });
  }
  const ticks = wholeSteps ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] } : {};
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
    padding: [10, 12, 0, 0],
    scales: { x: { time: false }, y: { range: (_, low, high) => range(...extent(view.lines, low, high)) } },
    axes: [
      { stroke: ink, grid, ticks: grid, font, label: xLabel, labelFont: font, labelSize: 18, size: 30, space: 50, ...ticks },
      { stroke: ink, grid, ticks: grid, font, size: 66, values: (_, values) => formatTicks(values) },
    ],
    series,
    bands,
    hooks: {
      drawAxes: [(plot) => drawRuns(plot, middles, view)],
      draw: [(plot) => drawMarks(plot, middles, view)],
      setCursor: [(plot) => showReadout(plot, view, readout, options)],
    },
  };
}

/** Range of all drawable values, so that showing runs does not change the axis. */
function extent(lines, low, high) {
  const ends = [...lines.values()].flatMap(({ min = [], max = [] }) => [...min, ...max]).filter(Number.isFinite);
  return [Math.min(low ?? Infinity, ...ends), Math.max(high ?? -Infinity, ...ends)].map((end, index) => (Number.isFinite(end) ? end : index));
}

/** The runs of the emphasised line, thin, under its mean. */
function drawRuns(plot, middles, { emphasised, lines }) {
  const style = middles.find(({ line }) => line.name === emphasised)?.line.style;
  const runs = lines.get(emphasised)?.runs ?? [];
  if (!style) return;
  const {
    ctx,
    bbox,
    data: [x],
  } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = style.color;
  ctx.globalAlpha = runs.length > 10 ? 0.4 : 0.75;
  ctx.lineWidth = devicePixelRatio;
  for (const { values } of runs) {
    ctx.beginPath();
    x.forEach((position, index) => {
      if (Number.isFinite(values[index])) ctx.lineTo(plot.valToPos(position, "x", true), plot.valToPos(values[index], "y", true));
    });
    ctx.stroke();
  }
  ctx.restore();
}

/** Marks of all lines; the emphasised line is drawn last, on top. */
function drawMarks(plot, middles, { emphasised }) {
  const {
    ctx,
    data: [x],
  } = plot;
  const each = (index, act) =>
    x.forEach((position, place) => {
      const value = plot.data[index][place];
      if (Number.isFinite(value)) act(plot.valToPos(position, "x", true), plot.valToPos(value, "y", true));
    });
  ctx.save();
  for (const { index, line } of [...middles].sort((left, right) => Number(left.line.name === emphasised) - Number(right.line.name === emphasised))) {
    ctx.fillStyle = ctx.strokeStyle = line.style.color;
    ctx.globalAlpha = plot.series[index].alpha;
    if (line.name === emphasised && middles.length > 1) {
      ctx.beginPath();
      ctx.lineWidth = 2 * devicePixelRatio;
      ctx.setLineDash(line.style.dash.map((length) => length * devicePixelRatio));
      each(index, (left, top) => ctx.lineTo(left, top));
      ctx.stroke();
    }
    if (x.length <= MARKED_POINTS) {
      each(index, (left, top) => {
        ctx.beginPath();
        traceMark(ctx, line.style.mark, left, top, 4 * devicePixelRatio);
        ctx.fill();
      });
    }
  }
  ctx.restore();
}

/**
 * @param {uPlot} plot
 * @param {{lines: Map<string, Line>, emphasised: string | null}} view
 * @param {HTMLElement} readout
 * @param {{xLabel: string, format: (value: number) => string, detail?: (line: Line, index: number) => string}} options
 */
function showReadout(plot, { lines, emphasised }, readout, { xLabel, format, detail }) {
  const { idx } = plot.cursor;
  if (idx === null || idx === undefined) {
    readout.textContent = "";
    return;
  }
  const chosen = lines.get(emphasised);
  const values =
    chosen && detail
      ? [detail(chosen, idx)]
      : [...lines.values()].filter(({ mid }) => Number.isFinite(mid[idx])).map(({ name, mid }) => `${name} ${format(mid[idx])}`);
  readout.textContent = `${xLabel} ${plot.data[0][idx]}: ${values.join(" · ")}`;
}

function withAlpha(color, alpha) {
  const hex = color.match(/^#(..)(..)(..)$/);
  return hex
    ? `rgba(${hex
        .slice(1)
        .map((pair) => parseInt(pair, 16))
        .join(", ")}, ${alpha})`
    : color;
}
