// Lines with bands over a shared x axis: a thin cover over uPlot, which draws columns and nothing else.

import uPlot from "../vendor/uPlot.esm.js";
import { element } from "../dom.js";
import { cssColor, onSchemeChange, traceMark } from "./palette.js";
import { drawings, vectorLines } from "./vector.js";

const HEIGHT = 240;
/** More points than this are a line without marks. */
const MARKED_POINTS = 24;

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {{color: string, dash: number[], mark: string}} style
 * @property {Array<number|null>} mid one value for each x
 * @property {Array<number|null>} [low] lower edge of the band
 * @property {Array<number|null>} [high]
 */

/**
 * @param {HTMLElement} container
 * @param {{xLabel: string, format: (value: number) => string, formatTicks?: (values: number[]) => string[], range?: (low: number, high: number) => [number, number], wholeSteps?: boolean,
 *   label: string}} options `wholeSteps`: ticks of x only at whole numbers; `label` names the chart to a screen reader
 * @returns {{show: (x: number[], lines: Line[], redrawn?: () => Line[]) => void, clear: () => void}}
 */
export function lineChart(container, options) {
  const box = element("div", { class: "plot", role: "img", "aria-label": options.label });
  const readout = element("p", { class: "readout" });
  let plot = null;
  let drawn = "";
  let latest = null;

  const width = () => Math.max(200, Math.floor(box.clientWidth));
  new ResizeObserver(() => plot?.setSize({ width: width(), height: HEIGHT })).observe(box);
  onSchemeChange(() => {
    drawn = "";
    if (latest) chart.show(...latest);
  });

  drawings.set(box, () => {
    const [x, lines, restyle] = latest;
    const { xLabel, format, formatTicks = (values) => values.map(format), wholeSteps } = options;
    const range = { x: [plot.scales.x.min, plot.scales.x.max], y: [plot.scales.y.min, plot.scales.y.max] };
    const colors = { ink: cssColor("--ink-soft"), rule: cssColor("--rule") };
    return vectorLines({ x, lines: restyle ? restyle(lines) : lines, size: { width: width(), height: HEIGHT }, range, xLabel, formatTicks, wholeSteps, colors });
  });

  const chart = {
    show(x, lines, restyle) {
      latest = [x, lines, restyle];
      if (!box.isConnected) container.replaceChildren(box, readout);
      const names = lines.map(({ name, low }) => `${name}${low ? "±" : ""}`).join("\n");
      const data = [x, ...lines.flatMap(({ low, mid, high }) => (low ? [low, high, mid] : [mid]))];
      if (plot && names === drawn) {
        plot.setData(data);
        return;
      }
      drawn = names;
      plot?.destroy();
      box.replaceChildren();
      plot = new uPlot(plotOptions(restyle ? restyle(lines) : lines, options, width(), readout), data, box);
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
}

function plotOptions(lines, { xLabel, format, formatTicks = (values) => values.map(format), range, wholeSteps }, width, readout) {
  const ink = cssColor("--ink-soft");
  const grid = { stroke: cssColor("--rule"), width: 1 };
  const font = "12px system-ui, sans-serif";
  const series = [{ label: xLabel }];
  const bands = [];
  const middles = [];
  for (const line of lines) {
    if (line.low) {
      const edge = { show: true, width: 0, points: { show: false } };
      bands.push({ series: [series.length + 1, series.length], fill: withAlpha(line.style.color, lines.length > 4 ? 0.07 : 0.16) });
      series.push({ ...edge, label: `${line.name} low` }, { ...edge, label: `${line.name} high` });
    }
    middles.push({ index: series.length, line });
    series.push({ label: line.name, stroke: line.style.color, width: 2, dash: line.style.dash, points: { show: false }, spanGaps: true });
  }
  const ticks = wholeSteps ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] } : {};
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
    padding: [10, 12, 0, 0],
    scales: { x: { time: false }, y: range ? { range: (_, low, high) => range(low ?? 0, high ?? 1) } : {} },
    axes: [
      { stroke: ink, grid, ticks: grid, font, label: xLabel, labelFont: font, labelSize: 18, size: 30, space: 50, ...ticks },
      { stroke: ink, grid, ticks: grid, font, size: 56, values: (_, values) => formatTicks(values) },
    ],
    series,
    bands,
    hooks: {
      draw: [(plot) => drawMarks(plot, middles)],
      setCursor: [(plot) => showReadout(plot, middles, readout, xLabel, format)],
    },
  };
}

function drawMarks(plot, middles) {
  if (plot.data[0].length > MARKED_POINTS) return;
  const { ctx } = plot;
  ctx.save();
  for (const { index, line } of middles) {
    ctx.fillStyle = line.style.color;
    plot.data[index].forEach((value, position) => {
      if (value === null || value === undefined) return;
      ctx.beginPath();
      traceMark(ctx, line.style.mark, plot.valToPos(plot.data[0][position], "x", true), plot.valToPos(value, "y", true), 4 * devicePixelRatio);
      ctx.fill();
    });
  }
  ctx.restore();
}

function showReadout(plot, middles, readout, xLabel, format) {
  const { idx } = plot.cursor;
  if (idx === null || idx === undefined) {
    readout.textContent = "";
    return;
  }
  const values = middles.filter(({ index }) => Number.isFinite(plot.data[index][idx]))
    .map(({ index, line }) => `${line.name} ${format(plot.data[index][idx])}`);
  readout.textContent = `${xLabel} ${plot.data[0][idx]}: ${values.join(" · ")}`;
}

function withAlpha(color, alpha) {
  const hex = color.match(/^#(..)(..)(..)$/);
  return hex ? `rgba(${hex.slice(1).map((pair) => parseInt(pair, 16)).join(", ")}, ${alpha})` : color;
}
