// Files that say to be large and take no room on the disk.

import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

const scratch = mkdtempSync(join(tmpdir(), "sparse-"));
after(() => rmSync(scratch, { recursive: true }));
/** A file of this size that begins with `head`; the rest is zeros. */
export function sparse(name, head, size) {
  const path = join(scratch, name);
  const target = openSync(path, "w");
  writeSync(target, head);
  closeSync(target);
  truncateSync(path, size);
  return path;
}
