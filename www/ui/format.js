// Numbers, durations, sizes and dates as a reader wants them, in the page's language.

import { language, text } from "../i18n/text.js";

/** Between a number and its unit: a space that does not break. */
const JOIN = "\u00a0";

/** Three significant digits; very small and very large ones as powers of ten. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    return `${decimal(Number(mantissa), digits - 1)} × 10${superscript(Number(exponent))}`;
  }
  return minus(Number(value.toPrecision(digits)).toLocaleString(language, { maximumFractionDigits: 6 }));
}

function superscript(exponent) {
  return String(exponent).replace(/[-0-9]/g, (character) => ({ "-": "⁻" })[character] ?? "⁰¹²³⁴⁵⁶⁷⁸⁹"[character]);
}

/** A true minus sign, and none before a zero. */
function minus(written) {
  return written.replace(/^-(?=[0.,]*$)/, "").replace(/^-/, "−");
}

/** A whole number with separators: 12,345. */
export const count = (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString(language) : "–");

const formats = new Map();

/** A formatter takes longer to make than to use. */
function formatOf(decimals) {
  if (!formats.has(decimals)) {
    formats.set(decimals, new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false }));
  }
  return formats.get(decimals);
}

const decimal = (value, decimals) => minus(formatOf(decimals).format(value));

/** A number with a fixed count of decimals. */
export const fixed = (value, decimals) => (Number.isFinite(value) ? decimal(value, decimals) : "–");

/** The same with an explicit sign. */
export const signed = (value, decimals) => (Number.isFinite(value) ? withSign(decimal(value, decimals)) : "–");

function withSign(written) {
  return /^[0.,]*$/.test(written) || written.startsWith("−") ? written : `+${written}`;
}

/** 0.847 → "84.7 %". */
export const percent = (value, decimals = 1) => (Number.isFinite(value) ? `${decimal(value * 100, decimals)}${JOIN}%` : "–");

/** A probability: one that would be rounded to nothing is not 0. */
export const chance = (value) => (value > 0 && value < 0.0005 ? `< ${percent(0.001)}` : percent(value));

/** A difference of two shares, in points: 0.012 → "+1.2". */
export const points = (value, decimals = 1) => signed(value * 100, decimals);

/** "p < 0.001" style, without the p. */
export function probability(value) {
  if (!Number.isFinite(value)) return "–";
  return value < 0.001 ? `< ${decimal(0.001, 3)}` : decimal(value, value < 0.1 ? 3 : 2);
}

/** Seconds as "40 s", "2 min 10 s", "1 h 5 min"; coarser the longer. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const { aSecond, second, minute, hour } = text.units;
  if (seconds < 1.5) return aSecond;
  if (seconds < 90) return `${Math.round(seconds)}${JOIN}${second}`;
  if (seconds < 600) {
    const rest = 10 * Math.floor((seconds % 60) / 10);
    return `${Math.floor(seconds / 60)}${JOIN}${minute}${rest === 0 ? "" : ` ${rest}${JOIN}${second}`}`;
  }
  if (seconds < 5400) return `${Math.round(seconds / 60)}${JOIN}${minute}`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}${JOIN}${hour} ${minutes % 60}${JOIN}${minute}`;
}

/** Bytes as kB or MB (powers of ten). */
export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 1e6) return `${Math.max(1, Math.round(value / 1e3))}${JOIN}kB`;
  if (value < 1e9) return `${decimal(value / 1e6, value < 1e7 ? 1 : 0)}${JOIN}MB`;
  return `${decimal(value / 1e9, 1)}${JOIN}GB`;
}

/** English dates name the day first, so that no country's order of figures matters. */
const dates = language === "en" ? "en-GB" : language;
/** @type {Intl.DateTimeFormatOptions} */
const DAY = { day: "numeric", month: "short", year: "numeric" };

/** A day: 25 Nov 2026. */
export const day = (iso) => new Date(iso).toLocaleDateString(dates, DAY);

/** The same with the time of day. */
export const minute = (iso) => new Date(iso).toLocaleString(dates, { ...DAY, hour: "2-digit", minute: "2-digit" });

/** Mean of the finite values, or NaN. */
export function mean(values) {
  const finite = values.filter(Number.isFinite);
  return finite.reduce((sum, value) => sum + value, 0) / finite.length;
}
