// As much of a browser as the page's readers of zips and addresses ask for, and what they take is counted. To be imported before them.

/** Bytes for which room was made in arrays, since `reset`. */
export const room = {
  made: 0,
  reset() {
    room.made = 0;
  },
};

const lengthOf = (first) => (typeof first === "number" ? first : first instanceof ArrayBuffer ? 0 : (first?.length ?? 0));
globalThis.Uint8Array = new Proxy(Uint8Array, {
  construct(target, values, self) {
    room.made += lengthOf(values[0]);
    return Reflect.construct(target, values, self === globalThis.Uint8Array ? target : self);
  },
});

/** A node that keeps what it is given: text nodes and elements, nothing else. */
class StageNode {
  children = [];
  attributes = {};
  value = "";

  constructor(tag, data = "") {
    this.tag = tag;
    this.data = data;
    this.tagName = tag.toUpperCase();
    this.classList = { add() {}, remove() {}, toggle() {} };
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }
  removeAttribute(name) {
    delete this.attributes[name];
  }
  append(...nodes) {
    this.children.push(...nodes);
  }
  replaceChildren(...nodes) {
    this.children = nodes;
  }
  addEventListener() {}
  querySelectorAll() {
    return [];
  }
  get textContent() {
    return this.tag === "#text" ? this.data : this.children.map((child) => child.textContent).join("");
  }
  set textContent(words) {
    this.children = [new StageNode("#text", words)];
  }
  /** The tags below it. */
  tags() {
    return [this.tag, ...this.children.flatMap((child) => child.tags())];
  }
}

const byId = new Map();
globalThis.Node = StageNode;
globalThis.document = {
  documentElement: Object.assign(new StageNode("html"), { dataset: { phase: "ready" } }),
  getElementById(id) {
    if (!/^[a-z][\w-]*$/.test(id)) return null;
    if (!byId.has(id)) {
      byId.set(id, id === "arms" || id === "fractions" ? Object.assign(new StageNode("fieldset"), { tagName: "FIELDSET" }) : new StageNode("div"));
    }
    return byId.get(id);
  },
  createElement: (tag) => new StageNode(tag),
  createTextNode: (words) => new StageNode("#text", words),
  querySelectorAll: () => [],
};

const BASE = "https://lab.example/page/";
let address = new URL(BASE);
globalThis.location = {
  get hash() {
    return address.hash;
  },
  set hash(words) {
    address = new URL(`${BASE}#${words}`);
  },
  get href() {
    return address.href;
  },
  get pathname() {
    return address.pathname;
  },
  get search() {
    return address.search;
  },
  reload() {},
};
globalThis.history = {
  replaceState: (_state, _title, to) => {
    address = new URL(to, address);
  },
};
globalThis.addEventListener ??= () => {};
globalThis.confirm = () => true;
if (!globalThis.navigator?.languages) Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"], userAgent: "stage" } });
