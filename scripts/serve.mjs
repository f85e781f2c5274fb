// A plain static file server, with no dependency and no special headers: what any static host does.
//
//   node scripts/serve.mjs [PORT] [DIRECTORY] [--host 127.0.0.1]
//
// PORT defaults to 8080; 0 takes a free one. DIRECTORY defaults to www/. The address is printed when the server listens.
// www/ is served as it will be published, with what `make pkg` builds as its pkg/.
// Where the directory has no manifest.js (`make dist` writes one), it is made at each request, so that an edited file is a new version.

import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { MANIFEST, manifestOf } from "./manifest.mjs";
import { PKG, WWW } from "./page.mjs";

const CONTENT_TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".wasm": "application/wasm",
  ".csv": "text/csv; charset=utf-8",
  ".tsv": "text/tab-separated-values; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webmanifest": "application/manifest+json",
};

/**
 * The file a request path means, or null when it leaves the directory or names nothing.
 * @param {string} root absolute path of the served directory
 * @param {string} requestPath path of the URL, still percent-encoded
 * @returns {Promise<{path: string, size: number} | {redirect: string} | null>}
 */
async function findFile(root, requestPath) {
  let decoded;
  try {
    decoded = decodeURIComponent(requestPath);
  } catch {
    return null;
  }
  if (decoded.includes("\0")) return null;
  const inside = (path) => path === root || path.startsWith(root + sep);
  let path = resolve(root, "." + sep + decoded);
  if (!inside(path)) return null;
  try {
    let entry = await stat(path);
    if (entry.isDirectory()) {
      if (!decoded.endsWith("/")) return { redirect: requestPath + "/" };
      path = join(path, "index.html");
      entry = await stat(path);
    }
    if (!inside(await realpath(path))) return null; // a link that leads out of the directory
    return entry.isFile() ? { path, size: entry.size } : null;
  } catch {
    return null;
  }
}

/**
 * Serves one directory.
 * @param {string} directory
 * @param {{port?: number, host?: string}} [options]
 * @returns {Promise<{address: string, close: () => Promise<void>}>}
 */
export async function serve(directory, { port = 0, host = "127.0.0.1" } = {}) {
  const root = await realpath(resolve(directory));
  const server = createServer(async (request, response) => {
    const requestPath = request.url.split(/[?#]/, 1)[0];
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
      return;
    }
    const isOfPackage = root === WWW && requestPath.startsWith("/pkg/");
    const found = await (isOfPackage ? findFile(PKG, requestPath.slice("/pkg".length)) : findFile(root, requestPath));
    if (!found && requestPath === `/${MANIFEST}`) {
      const manifest = await manifestOf(root).catch(() => null); // a build is replacing files just now
      if (manifest) response.writeHead(200, { "content-type": CONTENT_TYPES[".js"], "cache-control": "no-cache" }).end(manifest.script);
      else response.writeHead(503, { "content-type": "text/plain; charset=utf-8" }).end("the page is being built\n");
    } else if (!found) {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("not found\n");
    } else if (found.redirect) {
      response.writeHead(301, { location: found.redirect.replace(/^\/+/, "/") }).end();
    } else {
      response.writeHead(200, {
        "content-type": CONTENT_TYPES[extname(found.path).toLowerCase()] ?? "application/octet-stream",
        "content-length": found.size,
        "cache-control": "no-cache",
      });
      if (request.method === "HEAD") response.end();
      else {
        createReadStream(found.path)
          .on("error", () => response.destroy())
          .pipe(response);
      }
    }
  });
  await new Promise((listening, failed) => {
    server.once("error", failed);
    server.listen(port, host, listening);
  });
  const shownHost = host === "127.0.0.1" ? "localhost" : host;
  return {
    address: `http://${shownHost}:${server.address().port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  };
}

async function main(words) {
  const options = { port: 8080, host: "127.0.0.1" };
  let directory = WWW;
  while (words.length > 0) {
    const word = words.shift();
    if (/^\d+$/.test(word)) options.port = Number(word);
    else if (word === "--host") options.host = words.shift();
    else directory = word;
  }
  if (options.port > 65535) throw new Error(`expected a port from 0 to 65535, got ${options.port}`);
  const { address } = await serve(directory, options);
  console.log(`Guided Dropout Lab: ${address}`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    const reason = error.code === "EADDRINUSE" ? `port ${error.port} is in use; give another one` : error.message;
    console.error(`serve: ${reason}`);
    process.exitCode = 1;
  });
}
