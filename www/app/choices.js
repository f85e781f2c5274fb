// The settings that a search chose for each arm, encoded for the address.

import { SCHEMA } from "../platform/schema.js";

const ARMS = SCHEMA.arms.map(({ name }) => name);
/** Numbers of a choice, in the order of its word; the rate of an arm other than tuned is left out. */
const NUMBERS = ["fraction", "learning_rate", "epochs", "rate", "score", "settings", "trials"];

/**
 * @param {string} text
 * @returns {object[] | undefined} undefined where it is none
 */
export function parseChoices(text) {
  if (text === "") return [];
  const choices = text.split(",").map((word) => {
    const [arm, ...values] = word.split(":");
    const known = NUMBERS.map((name, index) => [name, values[index]]).filter(([, value]) => value !== "");
    return { arm, ...Object.fromEntries(known.map(([name, value]) => [name, Number(value)])) };
  });
  const whole = ({ arm, ...numbers }) =>
    ARMS.includes(arm) && NUMBERS.every((name) => Number.isFinite(numbers[name]) || (name === "rate" && !(name in numbers)));
  return choices.every(whole) ? choices : undefined;
}

/** @param {Array<Record<string, any>>} choices */
export const writeChoices = (choices) =>
  choices.map(({ arm, ...numbers }) => [arm, ...NUMBERS.map((name) => numbers[name] ?? "")].join(":")).join(",");
