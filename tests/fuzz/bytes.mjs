// Made-up files and addresses: bytes turned over, JSON with other values in its places, zips that contradict themselves.

import { deflateRawSync, crc32 as builtIn } from "node:zlib";

/** Random numbers that are the same everywhere: execution N of a seed is always the same input. */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (most) => Math.floor(next() * most);
  return {
    below,
    chance: (share) => next() < share,
    of: (list) => list[below(list.length)],
    times: (most, act) => {
      for (let round = below(most) + 1; round > 0; round -= 1) act(round);
    },
  };
}

/** Pieces that mean something to one reader or another. */
const PIECES = [
  "&",
  "=",
  "#",
  ",",
  ":",
  "-",
  "–",
  ".",
  "%",
  "%00",
  "%2C",
  "%F0%9F%98%80",
  "%E0%A4%A",
  "%ED%A0%80",
  "\u0000",
  "\u200b",
  "\u202e",
  "é",
  "😀",
  "\ud800",
  "İ",
  "1e999",
  "-1",
  "0x10",
  "NaN",
  "Infinity",
  "4294967296",
  "9007199254740993",
  "null",
  "true",
  "own",
  "__proto__",
  "constructor",
  "toString",
  "results=1.",
  "seeds=",
  "arms=",
  "custom_rates=",
  "embeddings:0.1",
  "<img src=x onerror=alert(1)>",
  "javascript:alert(1)",
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  "../",
  "\r\n",
  " ",
  "\t",
];

/** Changes some of the bytes: over, out, in, doubled, moved, or cut off. */
export function turned(bytes, { below, of, times }) {
  let now = Buffer.from(bytes);
  times(4, () => {
    const at = below(now.length + 1);
    const length = below(of([2, 8, 64, 512]));
    switch (below(7)) {
      case 0:
        if (now.length > 0) now[below(now.length)] ^= 1 << below(8);
        break;
      case 1:
        if (now.length > 0) now[below(now.length)] = below(256);
        break;
      case 2:
        now = Buffer.concat([now.subarray(0, at), now.subarray(at + length)]);
        break;
      case 3:
        now = Buffer.concat([now.subarray(0, at), Buffer.from(of(PIECES)), now.subarray(at)]);
        break;
      case 4:
        now = Buffer.concat([now.subarray(0, at), now.subarray(at, at + length), now.subarray(at)]);
        break;
      case 5:
        if (now.length >= 4) now.writeUInt32LE(of([0, 1, 0x7fffffff, 0xffffffff, now.length, below(2 ** 32)]), below(now.length - 3));
        break;
      default:
        now = now.subarray(0, at);
    }
  });
  return now;
}

/** Any bytes at all. */
export const noise = ({ below, of }) => Buffer.from(Array.from({ length: below(of([4, 64, 400])) }, () => below(256)));

/** Any text, mostly of pieces. */
export const words = (dice) =>
  Array.from({ length: dice.below(dice.of([3, 12, 60])) }, () => (dice.chance(0.7) ? dice.of(PIECES) : String.fromCharCode(dice.below(0x3000)))).join(
    "",
  );

/** Numbers, lists and spans of them, at the bounds of what they are kept in. */
export function numbers(dice) {
  const one = () =>
    String(
      dice.of([
        0,
        1,
        2,
        49,
        50,
        51,
        4294967294,
        4294967295,
        4294967296,
        2 ** 53 - 1,
        2 ** 53,
        1e21,
        0.1,
        -1,
        1e-7,
        1e-400,
        dice.below(2 ** 32),
        "007",
        "9".repeat(400),
        " 3 ",
      ]),
    );
  const list = Array.from({ length: dice.of([1, 1, 2, 3, 60]) }, one);
  return list.join(dice.of([",", "-", "–", " ", ",,", "%2C", ":"]));
}

/** Values that JSON may have where something else is expected. */
const VALUES = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  -0,
  2 ** 53,
  4294967296,
  "",
  "guided",
  "2026-11-25T00:00:00Z",
  "\u0000",
  "\ud800",
  [],
  [[]],
  [null],
  {},
  { toString: 1, valueOf: 1 },
  { length: -1 },
  { kind: "archive" },
  { then: "x" },
  "x".repeat(5000),
];

/** The same value with others in some of its places, or with members that objects have anyway. */
export function elsewise(value, dice) {
  if (dice.chance(0.06)) return dice.of(VALUES);
  if (Array.isArray(value)) {
    const items = value.map((item) => elsewise(item, dice));
    if (dice.chance(0.1)) items.splice(dice.below(items.length + 1), dice.below(3), dice.of(VALUES));
    return items;
  }
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value)
    .filter(() => !dice.chance(0.02))
    .map(([name, member]) => [name, elsewise(member, dice)]);
  if (dice.chance(0.06)) members.push([dice.of(["__proto__", "constructor", "toString", "then", "length", "extra"]), dice.of(VALUES)]);
  return Object.fromEntries(members); // defines a member "__proto__" rather than setting the prototype
}

/** JSON of the value, at times nested, with a name twice, or escaped. */
export function jsonOf(value, dice) {
  const plain = JSON.stringify(value) ?? "null";
  if (!dice.chance(0.2)) return Buffer.from(plain);
  const depth = dice.of([10, 70, 5000]);
  return Buffer.from(
    dice.of([
      () => `${"[".repeat(depth)}${plain}${"]".repeat(depth)}`,
      () => `{"x":`.repeat(depth) + plain + "}".repeat(depth),
      () => "[".repeat(depth),
      () => `${plain.slice(0, -1)},"__proto__":{"polluted":1}}`,
      () => `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${plain.slice(1)}`,
      () => `\ufeff${plain}`,
      () => plain.replaceAll("e", "\\u0065"),
      () => `${plain} `,
      () => "",
      () => plain.slice(0, dice.below(plain.length + 1)),
    ])(),
  );
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) =>
  Array.from({ length: 8 }).reduce((value) => (value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1), byte),
);
const crc32 = builtIn ?? ((bytes) => (bytes.reduce((crc, byte) => (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff], 0xffffffff) ^ 0xffffffff) >>> 0);

/**
 * A zip, written by the book unless told otherwise.
 * @param {Array<{name: string | Buffer, content?: Buffer, packed?: Buffer, stored?: boolean, method?: number, flags?: number, says?: {size?: number, packed?: number, crc?: number, offset?: number, localName?: Buffer, name?: Buffer}, sameAs?: number}>} files
 *   `says`: what its entry says instead; `sameAs`: its bytes are those of the file of that number
 * @param {{count?: number, directoryAt?: number, comment?: Buffer, zip64?: boolean, before?: Buffer}} [end]
 */
export function zip(files, { count, directoryAt, comment = Buffer.alloc(0), zip64 = false, before = Buffer.alloc(0) } = {}) {
  const parts = [before];
  const directory = [];
  const offsets = [];
  let at = before.length;
  for (const { name, content = Buffer.alloc(0), packed: given, stored = false, method = stored ? 0 : 8, flags = 0, says = {}, sameAs } of files) {
    const rawName = Buffer.from(name);
    const packed = given ?? (stored ? content : deflateRawSync(content, { level: 9 }));
    const crc = crc32(content) >>> 0;
    if (offsets[sameAs] === undefined) {
      const local = Buffer.alloc(30);
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt16LE(flags, 6);
      local.writeUInt16LE(method, 8);
      local.writeUInt32LE(crc, 14);
      local.writeUInt32LE(packed.length, 18);
      local.writeUInt32LE(content.length, 22);
      const localName = says.localName ?? rawName;
      local.writeUInt16LE(localName.length, 26);
      parts.push(local, localName, packed);
      offsets.push(at);
      at += 30 + localName.length + packed.length;
    } else offsets.push(offsets[sameAs]);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(says.crc ?? crc, 16);
    entry.writeUInt32LE(says.packed ?? packed.length, 20);
    entry.writeUInt32LE(says.size ?? content.length, 24);
    const shown = says.name ?? rawName;
    entry.writeUInt16LE(shown.length, 28);
    entry.writeUInt32LE(says.offset ?? offsets.at(-1), 42);
    directory.push(entry, shown);
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE((count ?? files.length) & 0xffff, 8);
  end.writeUInt16LE((count ?? files.length) & 0xffff, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(directoryAt ?? at, 16);
  end.writeUInt16LE(comment.length, 20);
  const large = [];
  if (zip64) {
    const [record, locator] = [Buffer.alloc(56), Buffer.alloc(20)];
    record.writeUInt32LE(0x06064b50, 0);
    record.writeUInt32LE(count ?? files.length, 32);
    record.writeUInt32LE(directoryAt ?? at, 48);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeUInt32LE(at + listed.length, 8);
    large.push(record, locator);
  }
  return Buffer.concat([...parts, listed, ...large, end, comment]);
}

const NAMES = [
  "experiment.json",
  "jobs.json",
  "results.json",
  "README.txt",
  "runs.csv",
  "../experiment.json",
  "/etc/passwd",
  "..\\..\\jobs.json",
  "C:\\jobs.json",
  "./experiment.json",
  "experiment.json\u0000.txt",
  "files/",
  "files/../experiment.json",
  `files/${"0".repeat(64)}`,
  `files/${"A".repeat(64)}`,
  `files/${"0".repeat(64)}/../x`,
  "__proto__",
  "constructor",
  "toString",
  "",
  "é",
  "x".repeat(3000),
];

/** A zip of these files, in which some of what it says is not so. */
export function askew(files, dice) {
  const odd = dice.of([0, 0, 0.1, 0.4]);
  const size = () => dice.of([0, 1, 100, 0x7fffffff, 0xfffffffe, 0xffffffff, dice.below(100_000)]);
  const listed = Object.entries(files)
    .filter(() => !dice.chance(0.03))
    .map(([name, content]) => {
      const file = { name: dice.chance(odd) ? dice.of(NAMES) : name, content, stored: dice.chance(0.3), says: {} };
      for (const what of ["size", "packed", "crc", "offset"]) if (dice.chance(odd / 2)) file.says[what] = size();
      if (dice.chance(odd / 3)) file.says.size = (content.length + dice.of([-1, 1])) >>> 0;
      if (dice.chance(odd / 3)) file.says.localName = Buffer.from(dice.of(NAMES));
      if (dice.chance(odd / 4)) file.method = dice.of([0, 8, 9, 12, 99, 0xffff]);
      if (dice.chance(odd / 4)) file.flags = dice.of([1, 8, 0x800, 0xffff]);
      if (dice.chance(odd / 3)) file.packed = turned(deflateRawSync(content), dice);
      if (dice.chance(odd / 2)) file.sameAs = dice.below(3);
      return file;
    });
  if (dice.chance(odd)) dice.times(dice.of([2, 150]), () => listed.push({ name: dice.of(NAMES), content: noise(dice), says: {} }));
  return zip(listed, {
    ...(dice.chance(odd / 3) && { count: size() }),
    ...(dice.chance(odd / 3) && { directoryAt: size() }),
    ...(dice.chance(0.1) && { comment: noise(dice) }),
    zip64: dice.chance(odd / 3),
    ...(dice.chance(odd / 4) && { before: noise(dice) }),
  });
}
