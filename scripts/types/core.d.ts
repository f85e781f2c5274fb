// Stands for pkg/ where the page is checked, which needs no build that way; pkg/ has types of its own.
declare const core: any;
declare namespace core {
  type Schema = any;
}
export = core;
