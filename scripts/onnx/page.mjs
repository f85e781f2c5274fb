// transformers.js in a page of Chromium, with exported folders and onnxruntime-web beside it; nothing comes from another host.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join, normalize } from "node:path";
import { launch } from "../chromium.mjs";

const AT = "http://localhost/";
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** The models' place is a path: at an address, transformers.js looks for no tokenizer unless other hosts are allowed. */
const PAGE = `<!doctype html><title>transformers.js</title><script type="module">
  import { env, pipeline } from "./transformers/transformers.min.js";
  import { answersOf } from "./answers.mjs";
  Object.assign(env, { localModelPath: "/models/", allowRemoteModels: false, allowLocalModels: true, useBrowserCache: false });
  env.backends.onnx.wasm.wasmPaths = "${AT}onnxruntime/";
  globalThis.answersOf = (...question) => answersOf(pipeline, ...question);
  globalThis.version = env.version;
</script>`;

/**
 * @param {string} folder with the exported folders in it
 * @returns {Promise<{answersOf: (name: string, dtype: string, texts: string[]) => ReturnType<typeof import("./answers.mjs").answersOf>, close: () => Promise<void>}>}
 */
export async function openPage(folder) {
  const folders = {
    transformers: here("node_modules/@huggingface/transformers/dist"),
    onnxruntime: here("node_modules/onnxruntime-web/dist"),
    models: folder,
  };
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.route("**/*", (route) => {
      const { origin, pathname } = new URL(route.request().url());
      if (`${origin}/` !== AT) return route.abort();
      if (pathname === "/") return route.fulfill({ body: PAGE, contentType: "text/html" });
      if (pathname === "/answers.mjs") return route.fulfill({ path: here("answers.mjs"), contentType: "text/javascript" });
      const [, part, ...rest] = normalize(decodeURIComponent(pathname)).split("/");
      const path = join(folders[part] ?? folder, ...rest);
      return existsSync(path) ? route.fulfill({ path }) : route.fulfill({ status: 404 });
    });
    await page.goto(AT);
    await page.waitForFunction(() => globalThis.answersOf);
    return { answersOf: (...question) => page.evaluate((asked) => globalThis.answersOf(...asked), question), close: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
