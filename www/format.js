// Numbers, durations and sizes as a reader wants them.

/** Between a number and its unit: a space that does not break. */
const JOIN = "\u00a0";

/** Three significant digits; very small and very large ones as powers of ten. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    return `${mantissa} × 10${superscript(Number(exponent))}`;
  }
  return minus(Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 6 }));
}

function superscript(exponent) {
  return String(exponent).replace(/[-0-9]/g, (character) => ({ "-": "⁻" })[character] ?? "⁰¹²³⁴⁵⁶⁷⁸⁹"[character]);
}

/** A true minus sign, and none before a zero. */
function minus(text) {
  return text.replace(/^-(?=[0.,]*$)/, "").replace(/^-/, "−");
}

/** A whole number with separators: 12,345. */
export const count = (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString("en") : "–");

/** A number with a fixed count of decimals. */
export const fixed = (value, decimals) => (Number.isFinite(value) ? minus(value.toFixed(decimals)) : "–");

/** The same with an explicit sign. */
export const signed = (value, decimals) =>
  (Number.isFinite(value) ? withSign(minus(value.toFixed(decimals))) : "–");

function withSign(text) {
  return /^[0.,]*$/.test(text) || text.startsWith("−") ? text : `+${text}`;
}

/** 0.847 → "84.7 %". */
export const percent = (value, decimals = 1) => (Number.isFinite(value) ? `${minus((value * 100).toFixed(decimals))}${JOIN}%` : "–");

/** A difference of two shares, in points: 0.012 → "+1.2". */
export const points = (value, decimals = 1) => signed(value * 100, decimals);

/** "p < 0.001" style, without the p. */
export function probability(value) {
  if (!Number.isFinite(value)) return "–";
  return value < 0.001 ? "< 0.001" : value.toFixed(value < 0.1 ? 3 : 2);
}

/** Seconds as "40 s", "2 min 10 s", "1 h 5 min"; coarser the longer. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 1.5) return "a second";
  if (seconds < 90) return `${Math.round(seconds)}${JOIN}s`;
  if (seconds < 600) {
    const rest = 10 * Math.floor((seconds % 60) / 10);
    return `${Math.floor(seconds / 60)}${JOIN}min${rest === 0 ? "" : ` ${rest}${JOIN}s`}`;
  }
  if (seconds < 5400) return `${Math.round(seconds / 60)}${JOIN}min`;
  return `${Math.floor(seconds / 3600)}${JOIN}h ${Math.round((seconds % 3600) / 60)}${JOIN}min`;
}

/** Bytes as kB or MB (powers of ten). */
export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 1e6) return `${Math.max(1, Math.round(value / 1e3))}${JOIN}kB`;
  if (value < 1e9) return `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)}${JOIN}MB`;
  return `${(value / 1e9).toFixed(1)}${JOIN}GB`;
}

/** Mean of the finite values, or NaN. */
export function mean(values) {
  const finite = values.filter(Number.isFinite);
  return finite.reduce((sum, value) => sum + value, 0) / finite.length;
}
