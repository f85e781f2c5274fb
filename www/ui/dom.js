// Building and filling DOM nodes. Text always becomes text nodes, never markup.

/** Figures of a running experiment are redrawn five times in two seconds. */
export const LIVE_BEAT_MS = 400;

/**
 * An element with properties and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties] DOM properties; `class`, `data-*`, `aria-*`, `role`, `for`, `colspan`,
 *   `scope` and everything else with a dash are set as attributes; functions named on* as listeners
 * @param {...(Node | string | number | null | undefined | Array<Node | string>)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.includes("-") || ["class", "role", "for", "colspan", "scope"].includes(name)) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(
    ...children
      .flat()
      .filter((child) => child !== null && child !== undefined)
      .map(asNode),
  );
  return node;
}

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string | Array<Node | string>)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children.flat().map(asNode));
  return node;
}

function asNode(child) {
  return child instanceof Node ? child : document.createTextNode(String(child));
}

/**
 * The element with this id, which the page must have. What kind of element it is, the caller knows from index.html.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`index.html has no element #${id}`);
  return node;
}

/** Replaces the children of `parent`; null and undefined are left out. */
export function fill(parent, ...children) {
  parent.replaceChildren(
    ...children
      .flat()
      .filter((child) => child !== null && child !== undefined)
      .map(asNode),
  );
}

/**
 * Text with four inline marks, as nodes: *emphasis*, `code`, [label](address), and {term} or {words|term} for what the glossary
 * explains.
 * @param {string} source
 * @returns {Node[]}
 */
export function rich(source) {
  return source
    .split(/(\*[^*]+\*|`[^`]+`|\[[^\]]+\]\([^)]+\)|\{[^}]+\})/)
    .filter(Boolean)
    .map((piece) => {
      if (piece.startsWith("*")) return element("em", {}, piece.slice(1, -1));
      if (piece.startsWith("`")) return element("code", { translate: false }, piece.slice(1, -1));
      if (piece.startsWith("{")) {
        const [words, term = words.toLowerCase()] = piece.slice(1, -1).split("|");
        return element("span", { class: "term", role: "button", tabIndex: 0, "data-term": term }, words);
      }
      const link = piece.match(/^\[([^\]]+)\]\(([^)]+)\)$/);
      if (link) return element("a", { href: link[2] }, link[1]);
      return document.createTextNode(piece);
    });
}

/**
 * Runs `draw` at most once per animation frame, with the latest arguments.
 * @template {any[]} A
 * @param {(...values: A) => void} draw
 * @returns {(...values: A) => void}
 */
export function oncePerFrame(draw) {
  return once(draw, (run) => requestAnimationFrame(run));
}

/**
 * Runs `draw` at most once per beat, with the latest arguments. Everything that is drawn so falls into the same frame: a frame of this page costs
 * some milliseconds of a core, however little changed in it, and the workers need that core.
 * @template {any[]} A
 * @param {(...values: A) => void} draw
 * @param {number} [beatMs]
 * @returns {(...values: A) => void}
 */
export function oncePerBeat(draw, beatMs = LIVE_BEAT_MS) {
  return once(draw, (run) => setTimeout(() => requestAnimationFrame(run), beatMs - (performance.now() % beatMs)));
}

function once(draw, whenDue) {
  let latest = null;
  return (...values) => {
    const waiting = latest !== null;
    latest = values;
    if (waiting) return;
    whenDue(() => {
      const drawn = latest;
      latest = null;
      draw(...drawn);
    });
  };
}

/**
 * Runs `act` once, `delayMs` after the last call.
 * @param {number} delayMs
 * @param {(...values: any[]) => void} act
 */
export function afterPause(delayMs, act) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...values), delayMs);
  };
}

/** A column of numbers, for `table`. */
export const numeric = (label) => ({ label, numeric: true });

/**
 * A plain table.
 * @param {{caption?: string | Node, columns: Array<string | {label: string | Node, numeric?: boolean, symbol?: string}>, rows: Array<Array<Node | string | number>>,
 *   rowHeaders?: boolean, stacks?: boolean}} content `rowHeaders`: the first cell of each row names the row; `symbol`:
 *   that of a formula which the column denotes; `stacks`: on a phone each row is a block whose cells say their column's name
 * @returns {HTMLTableElement}
 */
export function table({ caption, columns, rows, rowHeaders = true, stacks = false }) {
  const properties = columns.map((column) =>
    typeof column === "object" ? { class: column.numeric ? "number" : undefined, "data-symbol": column.symbol } : {},
  );
  const labels = columns.map((column) => (typeof column === "object" ? column.label : column));
  const named = (cell, index) =>
    stacks && cell !== "" ? [element("span", { class: "column-name", "aria-hidden": "true" }, labels[index]), cell] : [cell];
  return element(
    "table",
    { class: stacks ? "stacks" : undefined },
    caption ? element("caption", {}, caption) : null,
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        columns.map((_, index) => {
          const label = labels[index];
          return label === "" ? element("td", properties[index]) : element("th", { scope: "col", ...properties[index] }, label); // no name, no header
        }),
      ),
    ),
    element(
      "tbody",
      {},
      rows.map((row) =>
        element(
          "tr",
          {},
          row.map((cell, index) =>
            rowHeaders && index === 0
              ? element("th", { scope: "row", ...properties[index] }, cell)
              : element("td", properties[index], ...named(cell, index)),
          ),
        ),
      ),
    ),
  );
}

/**
 * A box that scrolls sideways where its content is too wide, by keyboard too.
 * @param {string} label
 * @param {...Node} children
 */
export function scrollable(label, ...children) {
  return element("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": label }, ...children);
}

/**
 * Hands `content` to the reader as a file.
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} type
 */
export function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // a minute: time enough to start the download
}
