// The one door for addresses of scripts. The page's Content-Security-Policy (index.html) asks for Trusted Types, so a browser that knows
// them starts no worker and takes no service worker whose address has not passed here; elsewhere the same rule is asked all the same.

/** The name that the policy has in index.html; the browser lets no other be made, and this one once. */
const POLICY = "guided-dropout-lab";
/** The page's folder. */
const PAGE = new URL("../", import.meta.url);
/** Scripts from any other address are refused, libraries included. */
const PROGRAMS = ["engine/worker.js", "service-worker.js"].map((name) => new URL(name, PAGE).href);

const rules = {
  createScriptURL(address) {
    if (!PROGRAMS.includes(address)) throw new TypeError(`${address} is no program of this page`);
    return address;
  },
};
const policy = globalThis.trustedTypes?.createPolicy(POLICY, rules) ?? rules;

/**
 * The address of one of the page's programs, as the browser takes it.
 * @param {string} name relative to the page
 * @returns {any} a TrustedScriptURL where the browser knows them, else a string; throws a TypeError for everything else
 */
export const scriptAddress = (name) => policy.createScriptURL(new URL(name, PAGE).href);
