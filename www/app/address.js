// The page's address: its settings, and the results that a link may carry besides. Read at the start, followed when it changes,
// and handed out as links.

import { pack, unpack } from "../share/result-link.js";
import { byId, element, fill } from "../ui/dom.js";
import { bytes } from "../ui/format.js";
import { LANGUAGES } from "../i18n/languages.js";
import { clearErrors, showError, showNotice } from "../panels/errors.js";
import { BUILT_IN_MODELS } from "./inputs.js";
import { OWN, READING } from "./settings.js";
import { language, text } from "../i18n/text.js";

/** The word that carries results; it is no setting. */
const RESULTS = "results";
/** Mail programs, chats and servers cut longer addresses. */
const LONGEST_LINK = 8000;

/** A notice quotes so many words that were not understood, and so much of each. */
const MOST_WORDS = 12;
const shortened = (word) => (word.length > 60 ? `${word.slice(0, 60)}…` : word);

const wordsOf = (hash) => hash.replace(/^#/, "").split("&").filter(Boolean);
const nameOf = (word) => word.split("=")[0];
const without = (hash, ...names) => wordsOf(hash).filter((word) => !names.includes(nameOf(word)));
/** What was encoded, or what stands there where nothing could have been encoded so. */
function decoded(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
const withHash = (words) => `${location.href.split("#")[0]}${words.length > 0 ? `#${words.join("&")}` : "#"}`;

/**
 * @param {Pick<import("./run.js").Page, "state"|"settings"|"session">} page
 * @param {{onFollow: (changed: string[]) => Promise<void>, onResults: (results: object, origin: import("../panels/origin.js").Origin) => void, onFile: () => void}} actions
 *   `onFollow`: settings have changed otherwise than by the form; `onResults`: a link brought results; `onFile`: the experiment is wanted as a file
 */
export function createAddress({ state, settings, session }, { onFollow, onResults, onFile }) {
  const words = text.share;
  /** Addresses are followed one after the other. */
  let last = Promise.resolve();
  let waiting = 0;

  /**
   * Takes the settings of the address; gives the names of those that changed.
   * @param {string} [under] settings as an address has them, where the address does not name them
   */
  function readSettings(under = "") {
    const own = without(location.hash, RESULTS);
    const written = [...without(under, ...own.map(nameOf)), ...own];
    const names = written.map(nameOf);
    const keep = settings.get("sample") === OWN && !names.includes("sample") ? ["sample", ...READING].filter((name) => !names.includes(name)) : []; // no address names them
    const { rejected, changed } = settings.readAddress(written.join("&"), { keep, isKept: own.length < wordsOf(location.hash).length });
    if (rejected.length > 0) showNotice(text.data.addressWords(rejected.slice(0, MOST_WORDS).map(shortened).join(", ")));
    if (!BUILT_IN_MODELS.includes(settings.get("model")) && settings.get("model") !== session.inputs.model?.name) {
      showNotice(text.data.modelUnknown(shortened(settings.get("model"))));
      const address = location.href;
      settings.assign({ model: BUILT_IN_MODELS[0] }, { quiet: true });
      if (wordsOf(new URL(address).hash).some((word) => nameOf(word) === RESULTS)) history.replaceState(null, "", address); // they are that model's
    }
    return changed;
  }

  /** Shows the results of the address; tells whether there were any. */
  async function readResults() {
    const word = wordsOf(location.hash).find((each) => nameOf(each) === RESULTS);
    if (!word) return false;
    let linked;
    try {
      linked = await unpack(word.slice(RESULTS.length + 1));
    } catch (error) {
      if (error.kind !== "link") throw error;
      showNotice(words.refused[error.reason]);
      return false;
    }
    onResults(named(withSettings(linked, settings.config()), settings.get("sample")), { kind: "linked", date: linked.date });
    return true;
  }

  function follow() {
    if (document.getElementById(location.hash.slice(1))) return; // a link to a part of the page
    const { phase } = state;
    if (session.running) {
      settings.assign({}, { quiet: true }); // the address of what runs
      showNotice(words.busy);
    } else if (waiting === 0 && (phase === "loading" || phase === "error")) {
      location.reload();
    } else {
      waiting += 1;
      last = last
        .then(async () => {
          clearErrors("page-errors");
          const changed = readSettings();
          if (changed.includes("language") || changed.includes("lesson")) location.reload();
          else await onFollow(changed);
          await readResults();
        })
        .catch((error) => {
          showError(error);
        })
        .finally(() => {
          waiting -= 1;
        });
    }
  }

  /** The link to the results that are shown. */
  async function linkToResults() {
    const { address, own } = state.resultsFrom;
    const kept = without(address, ...(own ? ["sample", ...READING] : [])); // columns are named by the reader's file
    return withHash([...kept, `${RESULTS}=${await pack(state.results, { own })}`]);
  }

  async function handOutResults() {
    const link = await linkToResults();
    if (link.length <= LONGEST_LINK) await handOut(link);
    else {
      fill(
        byId("permalink-note"),
        `${words.tooLong(bytes(link.length), bytes(LONGEST_LINK))} `,
        element("button", { type: "button", class: "link", onclick: onFile }, words.asFile),
      );
    }
  }

  async function handOut(link) {
    const copied = await navigator.clipboard?.writeText(link).then(
      () => true,
      () => false,
    );
    if (!copied) history.replaceState(null, "", link);
    byId("permalink-note").textContent = copied ? text.verdict.permalinkCopied : text.verdict.permalinkShown;
  }

  function offerLanguages() {
    const select = byId("language");
    const codes = Object.keys(LANGUAGES);
    byId("language-field").hidden = codes.length < 2;
    fill(
      select,
      codes.map((code) => element("option", { value: code, lang: code }, LANGUAGES[code])),
    );
    select.value = language;
    select.addEventListener("change", () => {
      if (Object.values(state.own).some(Boolean) && !confirm(words.languageQuestion)) {
        select.value = language;
        return;
      }
      history.replaceState(null, "", withHash([`language=${select.value}`, ...without(location.hash, "language")]));
      location.reload();
    });
  }

  offerLanguages();
  addEventListener("hashchange", follow);
  byId("permalink").addEventListener("click", (event) => {
    event.preventDefault();
    handOut(byId("permalink").href);
  });
  byId("permalink-results").addEventListener("click", () => handOutResults().catch((error) => showError(error, "verdict-errors")));

  return {
    /** The lesson that the address names, "" where it names none. */
    lesson: () =>
      decoded(
        wordsOf(location.hash)
          .find((word) => nameOf(word) === "lesson")
          ?.slice("lesson=".length) ?? "",
      ),

    readSettings,
    readResults,

    /** Keeps the link to the settings up to date. */
    showLink() {
      byId("permalink").href = withHash(wordsOf(settings.address({ kept: true })));
    },
  };
}

/** The address has a link's settings. A link's evaluations are numbered; after which epochs they came, these say. */
function withSettings(linked, config) {
  const { epochs, evaluate_every: every } = config;
  const runs = linked.runs.map((run) => ({
    ...run,
    epochs: run.epochs.map((each, index) => ({ ...each, epoch: every === 1 ? index + 1 : Math.min(epochs, (index + 1) * every) })),
  }));
  const trained = Math.max(epochs, ...runs.map((run) => run.epochs.at(-1)?.epoch ?? 0)); // an edited address may say less than the runs show
  return { ...linked, runs, config: { ...config, epochs: trained, ...linked.config } };
}

/** Gives a link's numbers the names that the page has for them. */
function named(linked, sample) {
  const { own, classes, dataset } = linked;
  return {
    ...linked,
    dataset: {
      ...dataset,
      name: own ? text.share.ownFile : `${sample}.csv`,
      labels: Array.from({ length: classes }, (_, index) => text.share.classNumber(index + 1)),
    },
    comparisons: [],
    verdict: text.share.verdictWaits,
  };
}
