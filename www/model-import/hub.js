// A model of the Hugging Face hub by its name. Nothing here is called before the reader has allowed it for this visit.
//
// The hub answers with redirects to other hosts of its own; the page's Content-Security-Policy names them all. Requests carry
// neither cookies nor the page's address.

import { readBody } from "../platform/files.js";
import { canFingerprint, fingerprint } from "../platform/fingerprint.js";
import { LabError } from "../platform/lab-error.js";
import { text } from "../i18n/text.js";

export const HUB = "https://huggingface.co";
const NAME = /^[\w.-]+\/[\w.-]+$/;

/**
 * "owner/name", from what was typed or pasted: the model's address works too.
 * @param {string} typed
 * @returns {string | null}
 */
export function hubName(typed) {
  const name = typed
    .trim()
    .replace(/^https?:\/\/(www\.)?(huggingface\.co|hf\.co)\//i, "")
    .replace(/^\/+|\/+$/g, "")
    .split("/")
    .slice(0, 2)
    .join("/");
  return NAME.test(name) && !name.includes("..") ? name : null;
}

async function ask(url, { name, signal, range = undefined }) {
  let response;
  try {
    response = await fetch(url, {
      signal,
      credentials: "omit",
      referrerPolicy: "no-referrer",
      headers: range ? { range: `bytes=${range[0]}-${range[1] - 1}` } : {},
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw refusal(text.modelImport.hubErrors[navigator.onLine ? "unreachable" : "offline"](name));
  }
  if (response.ok) return response;
  const words = text.modelImport.hubErrors;
  const { status } = response;
  throw refusal(
    status === 401 || status === 404
      ? words.unknown(name, status)
      : status === 403
        ? words.gated(name, status)
        : status === 429
          ? words.tooMany(status)
          : words.other(name, status),
  );
}

const refusal = (message) => new LabError("hub", message);

/**
 * The files of a model, as parts that are fetched when they are asked for; all from one commit, whatever happens meanwhile.
 * @param {string} name "owner/name"
 * @param {AbortSignal} signal
 * @returns {Promise<import("./files.js").Part[]>}
 */
export async function hubFiles(name, signal) {
  const listing = await (await ask(`${HUB}/api/models/${name}?blobs=true`, { name, signal })).json().catch(() => null);
  if (typeof listing?.sha !== "string" || !Array.isArray(listing.siblings)) throw refusal(text.modelImport.hubErrors.strange(name));
  if (listing.gated) throw refusal(text.modelImport.hubErrors.gated(name, listing.gated));
  const files = listing.siblings.filter(({ rfilename, size }) => typeof rfilename === "string" && !rfilename.includes("/") && Number.isFinite(size));
  return files.map(({ rfilename, size, lfs }) =>
    partOf(name, `${HUB}/${name}/resolve/${listing.sha}/${encodeURIComponent(rfilename)}`, rfilename, size, lfs?.sha256),
  );
}

function partOf(name, url, file, size, sha256) {
  return {
    name: file,
    size,
    async slice(from, to, signal) {
      const response = await ask(url, { name, signal, range: [from, to] });
      // A server that does not know ranges sends everything: the beginning is read and the rest refused.
      return response.status === 206 ? readBody(response) : (await readBody(response, { limit: to })).subarray(from, to);
    },
    async whole(signal, onBytes) {
      const bytes = await readBody(await ask(url, { name, signal }), { onBytes });
      const damaged = bytes.length !== size || (canFingerprint && sha256 && (await fingerprint(bytes)) !== sha256);
      if (damaged) throw refusal(text.modelImport.hubErrors.damaged(file));
      return bytes;
    },
  };
}
