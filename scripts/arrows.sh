#!/usr/bin/env bash
# The dependency rules of the code's map (src/lib.rs), as a test: plain-data modules know neither burn nor the browser,
# the numeric core knows no browser, no clock and no globals, and in the page only the worker imports the core.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

# forbid WHAT PATTERN FILE...: no line of code (comments left out) may match.
forbid() {
  local what=$1 pattern=$2; shift 2
  local found
  found=$(grep -nE "$pattern" "$@" /dev/null | grep -vE '^[^:]+:[0-9]+:\s*//' || true)
  if [ -n "$found" ]; then printf '%s:\n%s\n' "$what" "$found"; failed=1; fi
}

plain=(src/error.rs src/dataset.rs src/dataset/*.rs src/tokenize.rs src/tokenize/*.rs src/masking.rs src/metrics.rs src/stats.rs
       src/stats/*.rs src/stats/*/*.rs src/schedule.rs src/surface.rs src/handoff.rs src/config.rs)
numeric=(src/kernels.rs src/kernels/*.rs src/kernels/*/*.rs src/model.rs src/weights.rs src/weights/*.rs src/hooks.rs src/fisher.rs src/fisher/*.rs src/landscape.rs src/plane.rs src/walk.rs src/train.rs src/adamw.rs src/dropout.rs src/selftest.rs src/device.rs)
web=(src/web.rs src/web/*.rs)
below=$(find src -name '*.rs' ! -path 'src/web*')

forbid "plain-data modules must not know burn" '\bburn::' "${plain[@]}"
forbid "only src/web names the browser" '\b(wasm_bindgen|js_sys|web_sys)\b' $below
forbid "the numeric core knows no clock and no globals" 'std::time|\bInstant\b|SystemTime|static mut|thread_local|OnceLock' "${numeric[@]}" "${plain[@]}"
forbid "the numeric core knows no experiment" 'crate::(experiment|web)\b' "${numeric[@]}" "${plain[@]}"
forbid "web knows experiment's world, not tensors" '\bburn::' "${web[@]}"
forbid "only www/engine/worker.js imports a core" 'import.*guided_dropout_lab' $(ls www/*.js www/*/*.js | grep -vE '^www/(engine/worker.js|pkg/|vendor/)')
[ $failed = 0 ] && echo "dependency rules hold"
exit $failed
