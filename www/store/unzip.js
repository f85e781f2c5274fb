// Files out of a zip that anybody may have made. Nothing is believed before it is checked: every offset and size lies within the file, no
// two files share bytes, and room is made only for what can come out of what is there. A zip of more than 4 GB (zip64), of several
// parts or with a password is none of ours. Format: PKWARE's APPNOTE.TXT, section 4.3.

const END = { signature: 0x06054b50, size: 22 };
const ENTRY = { signature: 0x02014b50, size: 46 };
const LOCAL = { signature: 0x04034b50, size: 30 };
const LONGEST_COMMENT = 0xffff;
const ENCRYPTED = 1;
const METHODS = { stored: 0, deflated: 8 };
/** Deflate makes no more of a byte; who says so wants room set aside. */
const MOST_OF_A_BYTE = 1032;

/**
 * @typedef {object} Entry what the zip says of a file
 * @property {string} name
 * @property {number} size bytes, unpacked
 * @property {number} packed bytes in the zip
 */

/**
 * The files that are wanted.
 * @param {Uint8Array} bytes
 * @param {(entry: Entry) => boolean} wants asked of one file after the other, before room is made for any; what it throws ends the reading
 * @returns {Promise<Record<string, Uint8Array>>} by name, without a prototype; rejects with an Error where the zip is none or contradicts itself
 */
export async function unzip(bytes, wants) {
  const { inflateSync } = await import("../vendor/fflate.js");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wanted = [];
  for (const entry of entriesOf(bytes, view)) if (wants(entry)) wanted.push({ ...entry, ...placeOf(bytes, view, entry) });
  const inOrder = [...wanted].sort((left, right) => left.header - right.header);
  inOrder.forEach(({ name, header }, index) => check(index === 0 || inOrder[index - 1].end <= header, `${name} shares bytes with another file`));
  const files = Object.create(null);
  for (const entry of wanted) files[entry.name] = contentOf(bytes, entry, inflateSync);
  return files;
}

function check(holds, found) {
  if (!holds) throw new Error(found);
}

/** Where the record at the very end begins. */
function endOf(view) {
  const last = view.byteLength - END.size;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at -= 1) {
    if (view.getUint32(at, true) === END.signature && at + END.size + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw new Error("no directory at its end");
}

/** The entries of the directory. */
function* entriesOf(bytes, view) {
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  const begin = view.getUint32(end + 16, true);
  for (let index = 0, at = begin; index < count; index += 1) {
    check(at + ENTRY.size <= end && view.getUint32(at, true) === ENTRY.signature, `no entry ${index + 1} of ${count} in its directory`);
    const [nameLength, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const next = at + ENTRY.size + nameLength + extra + comment;
    check(next <= end, "a directory that is cut off");
    const rawName = bytes.subarray(at + ENTRY.size, at + ENTRY.size + nameLength);
    yield {
      name: new TextDecoder().decode(rawName),
      rawName,
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      header: view.getUint32(at + 42, true),
      directory: begin,
    };
    at = next;
  }
}

/** Where the bytes of a file are, which has a header of its own before them. */
function placeOf(bytes, view, { name, rawName, flags, method, packed, size, header, directory }) {
  check(Object.values(METHODS).includes(method), `${name}, packed by method ${method}`);
  check((flags & ENCRYPTED) === 0, `${name} with a password`);
  check(size <= (method === METHODS.stored ? packed : MOST_OF_A_BYTE * packed), `${name}, said to be ${size} bytes out of ${packed}`);
  check(header + LOCAL.size <= directory && view.getUint32(header, true) === LOCAL.signature, `no ${name} where its directory has it`);
  const nameLength = view.getUint16(header + 26, true);
  const begin = header + LOCAL.size + nameLength + view.getUint16(header + 28, true);
  const end = begin + packed;
  check(end <= directory, `${name} cut off`);
  check(nameLength === rawName.length && rawName.every((byte, index) => byte === bytes[header + LOCAL.size + index]), `${name} under two names`);
  return { begin, end };
}

function contentOf(bytes, { name, method, size, crc, begin, end }, inflateSync) {
  const packed = bytes.subarray(begin, end);
  // One byte more than it says, so that a file that is longer shows.
  const content = method === METHODS.stored ? packed.slice() : inflateSync(packed, { out: new Uint8Array(size + 1) });
  check(content.length === size, `${name}, which is not the ${size} bytes that it says`);
  check(checksum(content) === crc, `${name} damaged (checksum)`);
  return content;
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32, as every file of a zip has it. */
function checksum(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}
