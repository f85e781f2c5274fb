// What TypeScript's library leaves open and the page knows: its events come from elements, and all of its elements are HTML, SVG or MathML.
interface EventTarget {
  closest<E extends Element = Element>(selectors: string): E | null;
  matches(selectors: string): boolean;
  readonly dataset: DOMStringMap;
}
interface Element {
  readonly dataset: DOMStringMap;
  blur(): void;
  focus(options?: FocusOptions): void;
}
/** Of rules that have conditions. */
interface CSSRule {
  readonly media?: MediaList;
}
/** In GiB, in Chromium alone. */
interface Navigator {
  readonly deviceMemory?: number;
}
