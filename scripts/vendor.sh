#!/usr/bin/env bash
# Copies the page's libraries from node_modules (versions: package-lock.json) to www/vendor/, which git ignores, and holds them against
# the digests of scripts/vendor.sha256. A deliberate change: run `(cd www/vendor && sha256sum *) > scripts/vendor.sha256` after a look
# at what is new, and bring the integrity attribute in www/index.html up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

copy() {
  [ -f "node_modules/$1" ] || { echo "vendor: node_modules/$1 is missing; run scripts/setup.sh first" >&2; exit 1; }
  cp "node_modules/$1" "www/vendor/$2"
}

mkdir -p www/vendor
copy uplot/dist/uPlot.esm.js     uPlot.esm.js
copy uplot/dist/uPlot.min.css    uPlot.min.css
copy uplot/LICENSE               uPlot.LICENSE
copy fflate/esm/browser.js       fflate.js
copy fflate/LICENSE              fflate.LICENSE
copy idb/build/index.js          idb.js
copy idb/LICENSE                 idb.LICENSE

(cd www/vendor && sha256sum --check --strict --quiet ../../scripts/vendor.sha256) \
  || { echo "vendor: www/vendor does not hold the libraries that scripts/vendor.sha256 lists" >&2; exit 1; }
