#!/usr/bin/env bash
# Known faults of what we depend on, where the databases of them can be reached; where not, it says so and fails nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

if cargo deny fetch db >/dev/null 2>&1; then cargo deny --locked check --disable-fetch advisories
else echo "advisories: RustSec's database cannot be reached; crates are not checked"; fi

if said=$(npm audit 2>&1); then echo "advisories: $said"
elif grep -q "audit endpoint returned an error" <<<"$said"; then echo "advisories: npm's database cannot be reached; node packages are not checked"
else printf '%s\n' "$said"; exit 1; fi
