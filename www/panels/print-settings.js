// For print only: the settings of the shown experiment and a glossary of the results table.

import { byId, element, fill, rich, table } from "../ui/dom.js";
import { count, percent } from "../ui/format.js";
import { text } from "../i18n/text.js";
import { presentName } from "../platform/former-names.js";

/** Glossary terms of the results table. */
const TERMS = ["arm", "seed", "seeds", "baseline", "control", "confidence interval", "p-value", "holm’s correction", "effect size", "nat"];

/** @param {object} results results.json; result links contain only some settings, and a table of runs made elsewhere says none */
export function showPrintSettings(results) {
  const words = text.verdict.printSettings;
  const { setting, value, meaning } = words.columns;
  fill(
    byId("printed"),
    element("h3", {}, words.heading),
    results.device ? table({ columns: [setting, value, meaning], rows: [...inputRows(results), ...settingRows(results.config)] }) : null,
    element(
      "dl",
      {},
      TERMS.map((term) => text.glossary[term]).flatMap(({ name, meaning: explained }) => [
        element("dt", {}, name),
        element("dd", {}, rich(explained)),
      ]),
    ),
  );
}

function inputRows({ dataset, model, device }) {
  const { data, marks } = text;
  const rows =
    dataset.task === "regression"
      ? data.summaryRegression(dataset.name, count(dataset.rows))
      : data.summary(dataset.name, count(dataset.rows), dataset.labels.length);
  const { inputs } = text.verdict.printSettings;
  return [
    [data.heading, `${rows}${marks.semicolon}${data.split(count(dataset.train_rows), count(dataset.test_rows))}`, inputs.dataset],
    [data.model, [model.name, `${count(model.parameters)} ${inputs.parameters}`].filter(Boolean).join(marks.comma), inputs.model],
    [data.deviceChoice, [data.devices[device.kind], device.adapter].filter(Boolean).join(marks.comma), inputs.device],
  ];
}

function settingRows(settingsOfAnyVersion) {
  const { settings } = text.verdict.printSettings;
  const config = Object.fromEntries(Object.entries(settingsOfAnyVersion).map(([name, value]) => [presentName(name), value]));
  return Object.entries(settings)
    .filter(([name]) => config[name] !== undefined && config[name] !== null)
    .map(([name, { label, meaning }]) => [label, written(name, config[name]), meaning]);
}

function written(name, value) {
  if (name === "fractions") return value.map((fraction) => percent(fraction, 0)).join(text.marks.comma);
  if (name === "custom_rates") return value.map(({ site, rate }) => `${site} ${rate}`).join(text.marks.comma);
  return Array.isArray(value) ? value.join(text.marks.comma) : String(value);
}
