// Rules that find mistakes; the look of the code is Prettier's.
import js from "@eslint/js";
import globals from "globals";

const rules = {
  ...js.configs.recommended.rules,
  "array-callback-return": "error",
  curly: ["error", "multi-line"],
  "default-case-last": "error",
  eqeqeq: "error",
  "no-constructor-return": "error",
  "no-eval": "error",
  "no-implicit-globals": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-self-compare": "error",
  "no-shadow-restricted-names": "error",
  "no-template-curly-in-string": "error",
  "no-throw-literal": "error",
  "no-unreachable-loop": "error",
  "no-unused-expressions": "error",
  "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
  "no-useless-assignment": "error",
  "no-useless-concat": "error",
  "no-useless-rename": "error",
  "no-useless-return": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
  "prefer-promise-reject-errors": "error",
};

/** What the Content-Security-Policy would refuse at run time is refused here first. */
const page = [
  "error",
  { selector: "AssignmentExpression > MemberExpression[property.name=/^(inner|outer)HTML$/]", message: "the page builds text nodes, never markup" },
  { selector: "CallExpression[callee.property.name='insertAdjacentHTML']", message: "the page builds text nodes, never markup" },
  {
    selector: "CallExpression[callee.property.name='setAttribute'][arguments.0.value='style']",
    message: "the policy refuses inline style; set a property or a class",
  },
];

export default [
  { ignores: ["dist/", "pkg/", "target/", ".tools/", "www/pkg/", "www/vendor/", "tests/browser/out/", "**/node_modules/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" }, languageOptions: { ecmaVersion: 2023, sourceType: "module" }, rules },
  {
    files: ["www/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: { "no-restricted-syntax": page, "no-console": ["error", { allow: ["warn", "error"] }] },
  },
  { files: ["www/engine/worker.js"], languageOptions: { globals: globals.worker } },
  { files: ["www/service-worker.js"], languageOptions: { globals: globals.serviceworker } },
  // Tests and benchmarks run in Node; functions handed to the browser's page run there.
  {
    files: ["scripts/**/*.mjs", "tests/**/*.mjs", "bench/**/*.{mjs,js}", "*.js"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
];
