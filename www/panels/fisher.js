// Section 2: Fisher score of each site and the stability of their order, updated as texts are processed.

import { barChart, barScale } from "../charts/bars.js";
import { lineChart } from "../charts/lines.js";
import { cssColor } from "../charts/palette.js";
import { kendallTau, ranks, siteKind } from "../charts/sites.js";
import { byId, element, fill, numeric, oncePerFrame, table } from "../ui/dom.js";
import { count, fixed, number } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { foldedTables, showEmpty, showOrigin } from "./origin.js";

/** Scores that differ by more than this factor are drawn on a logarithmic scale by default. */
const WIDE_SPREAD = 40;

/** The figure of the section; drawing is limited to once per frame. */
export function fisherPanel() {
  const words = text.fisher;
  const bars = barChart(byId("fisher-chart"));
  const curve = lineChart(byId("stability-chart"), {
    xLabel: words.stabilityAxis,
    format: (value) => fixed(value, 2),
    range: (low) => [Math.min(0, low), 1.02],
    role: text.lineChart,
    label: words.stability,
  });
  const scale = byId("fisher-scale");
  fill(
    scale,
    ["linear", "logarithmic"].map((name) => element("option", { value: name }, words[name])),
  );
  let chosen = false;
  let latest = null;
  scale.addEventListener("change", () => {
    chosen = true;
    if (latest) draw(...latest);
  });
  const refreshTables = foldedTables(byId("fisher-tables"), [
    { title: text.dataTable, build: () => (latest ? siteTable(latest[0]) : element("p", {}, words.chartEmpty)) },
    { title: words.tensors, build: () => (latest ? tensorTable(latest[0]) : element("p", {}, words.chartEmpty)) },
  ]);

  const both = lossesFigure(byId("fisher-losses"));

  const draw = (fisher, origin, of, loss = "pretraining") => {
    latest = [fisher, origin, of, loss];
    const scores = fisher.sites.map(({ score }) => score).filter((score) => score > 0);
    if (!chosen) scale.value = Math.max(...scores) / Math.min(...scores) > WIDE_SPREAD ? "logarithmic" : "linear";
    const label = `${words.chart}: ${fisher.sites.map(({ site, score }) => `${site} ${number(score, 2)}`).join(", ")}`;
    bars.show(
      fisher.sites.map(({ site, score }) => ({ name: site, value: score, shown: number(score, 2), kind: siteKind(site) })),
      { logarithmic: scale.value === "logarithmic", label },
    );
    if (fisher.stability.length > 0) {
      const style = () => ({ color: cssColor("--accent"), dash: [], mark: "circle" });
      const line = { name: words.columns.tau, style: style(), mid: fisher.stability.map(({ kendall_tau: tau }) => tau) };
      curve.show(
        fisher.stability.map(({ texts }) => texts),
        [line],
        (lines) => lines.map((old) => ({ ...old, style: style() })),
      );
    }
    showOrigin(
      byId("fisher-caption"),
      origin,
      words.caption(count(fisher.texts), fisher.texts < of ? count(of) : null, loss === "labelled" ? words.losses[loss] : ""),
    );
    refreshTables();
  };

  return {
    /** Shows a placeholder. */
    showEmpty() {
      latest = null;
      curve.clear();
      showEmpty(byId("fisher-chart"), words.chartEmpty);
      showEmpty(byId("stability-chart"), words.stabilityEmpty);
      showOrigin(byId("fisher-caption"), { kind: "empty" });
    },

    /**
     * @param {{texts: number, sites: object[], tensors: object[], stability: object[]}} fisher
     * @param {import("./origin.js").Origin} origin
     * @param {number} [of] total number of texts
     */
    show: oncePerFrame(draw),

    /** Draws the scores of both losses beside each other. Both are null while one of them is missing. */
    showLosses: oncePerFrame(both),

    /** @param {string} name of the unlabelled text, "" for the built-in one */
    showCorpus(name, texts) {
      byId("corpus-summary").textContent = `${words.corpusSummary(name || words.corpusSample, count(texts))}${text.marks.stop}`;
    },
  };
}

/** Scores of both losses, each on its own scale, and how far their orders agree. */
function lossesFigure(container) {
  const words = text.fisher;
  const charts = { pretraining: element("div"), labelled: element("div") };
  const bars = Object.fromEntries(Object.entries(charts).map(([loss, chart]) => [loss, barChart(chart)]));
  const agreement = element("p", { class: "legend-note" });
  const tables = element("div");
  /** @type {{pretraining: object[], labelled: object[]}} */
  let latest;
  const refresh = foldedTables(tables, [{ title: text.dataTable, build: () => lossesTable(latest) }]);
  const figure = element(
    "div",
    {},
    element("h3", { class: "small" }, words.both),
    element(
      "div",
      { class: "split", translate: "no" },
      Object.entries(charts).map(([loss, chart]) => element("div", {}, element("h4", { class: "small" }, words.losses[loss]), chart)),
    ),
    agreement,
    tables,
  );
  return (pretraining, labelled) => {
    if (!pretraining) {
      fill(container);
      return;
    }
    latest = { pretraining, labelled };
    if (!figure.isConnected) fill(container, figure);
    for (const [loss, sites] of Object.entries(latest)) {
      const label = `${words.losses[loss]}: ${sites.map(({ site, score }) => `${site} ${number(score, 2)}`).join(", ")}`;
      bars[loss].show(
        sites.map(({ site, score }) => ({ name: site, value: score, shown: number(score, 2), kind: siteKind(site) })),
        { logarithmic: true, label },
      );
    }
    const scoresOf = (sites) => sites.map(({ score }) => score);
    agreement.textContent = words.agreement(fixed(kendallTau(scoresOf(pretraining), scoresOf(labelled)), 2));
    refresh();
  };
}

function lossesTable({ pretraining, labelled }) {
  const { columns, losses } = text.fisher;
  const [first, second] = [pretraining, labelled].map((sites) => ranks(sites.map(({ score }) => score)));
  return table({
    columns: [columns.site, numeric(losses.pretraining), numeric(columns.rank), numeric(losses.labelled), numeric(columns.rank)],
    rows: pretraining.map(({ site, score }, index) => [
      site,
      number(score),
      number(first[index]),
      number(labelled[index].score),
      number(second[index]),
    ]),
  });
}

function siteTable({ sites, stability }) {
  const { columns } = text.fisher;
  const ranked = ranks(sites.map(({ score }) => score));
  return element(
    "div",
    { class: "split" },
    table({
      columns: [columns.site, numeric(columns.score), numeric(columns.rank)],
      rows: sites.map(({ site, score }, index) => [site, number(score), number(ranked[index])]),
    }),
    table({
      columns: [numeric(columns.texts), numeric(columns.tau)],
      rows: stability.map(({ texts, kendall_tau: tau }) => [count(texts), fixed(tau, 3)]),
      rowHeaders: false,
    }),
  );
}

function tensorTable({ tensors }) {
  if (tensors.length === 0) return element("p", {}, text.share.tensorsMissing);
  const { columns } = text.fisher;
  const widthOf = barScale(
    tensors.map(({ mean }) => mean),
    true,
  );
  return table({
    columns: [columns.tensor, columns.site, numeric(columns.mean), ""],
    rows: tensors.map(({ name, mean, site }) => {
      const bar = element("div", { class: `bar ${site ? `kind-${siteKind(site)}` : ""}` });
      bar.style.width = `${100 * widthOf(mean)}%`;
      return [name, site ?? text.fisher.noSite, number(mean), element("div", { class: "bar-track" }, bar)];
    }),
  });
}
