// The service worker. After the first visit the page opens without a network, and always with all its files of one version.
//
// manifest.js, which the build makes, lists the files of a version with their digests; a browser that finds it changed installs this
// worker anew. An installation takes one version into a cache of its own, wholly or not at all. A page that is open keeps the version
// that it opened with: the next one waits until the last such page is closed, or until the only one asks it to take over. Nothing but
// the listed files is kept: no request to another place, and nothing that the reader loads. What only a GPU needs is kept once it is used.

const MANIFEST = "manifest.js";
importScripts(MANIFEST);

const { version: VERSION, files: FILES } = self.pageManifest;
/** Half of the page's bytes, of use to few; without them it still computes. */
const FOR_GPU = Object.keys(FILES).filter((path) => path.startsWith("pkg/gpu/"));
/** Other pages of this origin may have caches too, even another copy of this page under another path. */
const OURS = `guided-dropout-lab ${registration.scope} `;
const CACHE = OURS + VERSION;

/** A browser does not hand the page's policy on to its workers. With an answer from here they get their own: this page's programs and files. */
const WORKER = "engine/worker.js";
const WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

/** The server has another version than this one. */
class OtherBytes extends Error {}

async function install() {
  const earlier = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(
      Object.keys(FILES).map(async (path) => {
        const file = (await keptBefore(path, earlier)) ?? (FOR_GPU.includes(path) ? null : await obtain(path));
        if (file) await cache.put(path, file);
      }),
    );
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

/** A file with exactly the listed bytes, from an earlier version. */
async function keptBefore(path, earlier) {
  for (const cacheName of earlier) {
    const kept = await caches.match(path, { cacheName });
    const body = await kept?.arrayBuffer();
    if (body && (await digest(body)) === FILES[path].sha256) return answerWith(path, body, kept);
  }
  return null;
}

/** A file with exactly the listed bytes, from the browser's own cache or from the server; else an error. */
async function obtain(path) {
  const { sha256 } = FILES[path];
  const address = path === "index.html" ? "./" : path; // some hosts redirect from index.html to its directory
  for (const cache of ["force-cache", "reload"]) {
    const response = await fetch(address, { cache });
    const body = await response.arrayBuffer();
    if (response.ok && (await digest(body)) === sha256) return answerWith(path, body, response);
  }
  throw new OtherBytes(`${path}: the server has other bytes than version ${VERSION}`);
}

/** Without headers that speak of the transfer (encoding, length, Vary), or the mark of a redirect. */
function answerWith(path, body, { headers }) {
  const policy = path === WORKER ? { "content-security-policy": WORKER_POLICY } : {};
  return new Response(body, { headers: { "content-type": headers.get("content-type") ?? "", ...policy } });
}

async function digest(body) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function deleteOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
}

/** The file of this version that an address means, or undefined. */
function listed(address) {
  if (!address.startsWith(registration.scope)) return undefined;
  const path = new URL(address).pathname.slice(new URL(registration.scope).pathname.length) || "index.html";
  return path === MANIFEST || Object.hasOwn(FILES, path) ? path : undefined;
}

async function answer(path) {
  if (path === MANIFEST) {
    return new Response(`self.pageManifest = ${JSON.stringify(self.pageManifest)};`, { headers: { "content-type": "text/javascript" } });
  }
  const kept = await caches.match(path, { cacheName: CACHE });
  if (kept) return kept;
  try {
    const again = await obtain(path); // the browser has thrown it away, or it was not used before; only the same bytes will do
    await (await caches.open(CACHE)).put(path, again.clone());
    return again;
  } catch (error) {
    // A version that cannot be whole again is given up: the next visit begins at the server.
    if (error instanceof OtherBytes && !FOR_GPU.includes(path)) await Promise.all([registration.unregister(), caches.delete(CACHE)]);
    return Response.error();
  }
}

/** Takes over from the version before, unless other pages still use that one. */
async function takeOver(page) {
  const pages = (await clients.matchAll({ type: "window", includeUncontrolled: true })).filter(({ url }) => url.startsWith(registration.scope));
  if (pages.length > 1) page.postMessage({ otherPages: pages.length - 1 });
  else await skipWaiting();
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(deleteOlder()));
addEventListener("message", (event) => {
  if (event.data === "keep what a GPU needs") event.waitUntil(Promise.all(FOR_GPU.map(answer)));
  if (event.data === "take over") event.waitUntil(takeOver(event.source));
  // A page that came from the server: at the first visit, or reloaded past every cache.
  if (event.data.loaded === VERSION) event.waitUntil(clients.claim());
});
addEventListener("fetch", (event) => {
  const path = event.request.method === "GET" ? listed(event.request.url) : undefined;
  if (path) event.respondWith(answer(path));
});
