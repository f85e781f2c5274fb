// The browser's database, as object stores of values by key. Where it is denied or full, values stay in memory for this visit.

import { openDB } from "../vendor/idb.js";

const NAME = "guided-dropout-lab";
const VERSION = 2;

/** experiments: records; results: results.json by record; jobs, models: by job key; files: a reader's own, by digest; decisions on suspect labels, by
 * digest of the labelled file (since version 2). */
const STORES = ["experiments", "results", "jobs", "models", "files", "decisions"];

/** A database that has not answered by then is given up for this visit; a trained model of 100 MB is written in seconds. */
const PATIENCE_MS = { open: 5000, other: 60_000 };

class NoAnswer extends Error {}

/**
 * What a promise gives, if it gives it in time.
 * @template T
 * @param {Promise<T>} promise
 * @param {number} patienceMs
 * @returns {Promise<T>} rejects with NoAnswer where it does not
 */
async function inTime(promise, patienceMs) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(`no answer in ${patienceMs / 1000} s`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Values that outlast the visit, if the browser lets them. */
export class Store {
  #database = null;
  #opening = null;
  #memory = new Map(STORES.map((name) => [name, new Map()]));
  #onTrouble;
  #reported = false;
  #asked = false;

  /** @param {(kind: "denied"|"full", reason: string) => void} onTrouble called once, when something can only stay in memory */
  constructor(onTrouble) {
    this.#onTrouble = onTrouble;
  }

  /**
   * Opens the database, unless it is open. Never rejects.
   * @param {{allowed?: boolean, reason?: string}} [options] `allowed`: false to stay in memory, for this `reason`
   */
  open({ allowed = true, reason = "" } = {}) {
    this.#opening ??= (allowed ? this.#openDatabase() : Promise.reject(new Error(reason))).catch((error) => this.#troubled(error));
    return this.#opening;
  }

  async #openDatabase() {
    const opening = openDB(NAME, VERSION, {
      upgrade(database) {
        for (const name of STORES) if (!database.objectStoreNames.contains(name)) database.createObjectStore(name);
      },
      blocking: (_current, _blocked, event) => {
        // a newer page waits for this one to let go
        /** @type {IDBDatabase} */ (event.target).close();
        this.#lost();
      },
      terminated: () => this.#lost(),
    });
    try {
      this.#database = await inTime(opening, PATIENCE_MS.open);
    } catch (error) {
      opening.then(
        (late) => late.close(),
        () => {},
      ); // values are in memory by then
      throw error;
    }
  }

  /** Reopened on the next access. */
  #lost() {
    this.#database = this.#opening = null;
  }

  /** Asks the browser, once a visit, not to drop the database when it runs out of space; some browsers ask the reader. */
  persist() {
    if (this.#database === null || this.#asked) return;
    this.#asked = true;
    navigator.storage?.persist?.().catch(() => null);
  }

  /** Whether values outlast this visit. */
  get lasting() {
    return this.#database !== null && !this.#reported;
  }

  /** Whether results of this visit would be lost with the page. */
  get losesResults() {
    return this.#memory.get("results").size > 0;
  }

  /** @returns {Promise<any>} the value, or undefined */
  async get(name, key) {
    const memory = this.#memory.get(name);
    if (memory.has(key)) return memory.get(key);
    return this.#attempt((database) => database.get(name, key));
  }

  /** @returns {Promise<string[]>} every key of an object store */
  async keys(name) {
    const kept = (await this.#attempt((database) => database.getAllKeys(name))) ?? [];
    return [...new Set([...kept, ...this.#memory.get(name).keys()])];
  }

  /** @returns {Promise<any[]>} every value of an object store */
  async all(name) {
    const keys = await this.keys(name);
    const values = await Promise.all(keys.map((key) => this.get(name, key)));
    return values.filter((value) => value !== undefined);
  }

  async put(name, key, value) {
    const memory = this.#memory.get(name);
    const written = await this.#attempt((database) => database.put(name, value, key));
    if (written === undefined) memory.set(key, value);
    else memory.delete(key);
  }

  async remove(name, key) {
    this.#memory.get(name).delete(key);
    await this.#attempt((database) => database.delete(name, key));
  }

  /** The database's answer; undefined where there is none or it fails. */
  async #attempt(act) {
    await this.open();
    if (!this.#database) return undefined;
    try {
      return await inTime(act(this.#database), PATIENCE_MS.other);
    } catch (error) {
      if (error instanceof NoAnswer) this.#database = null; // nothing more waits for it
      this.#troubled(error);
      return undefined;
    }
  }

  #troubled(error) {
    if (this.#reported) return;
    this.#reported = true;
    this.#onTrouble(error.name === "QuotaExceededError" ? "full" : "denied", error.message);
  }
}
