#!/usr/bin/env bash
# Runs the evidence's plan on the sets named, one after the other; a set that was interrupted goes on where it was.
#
#   scripts/evidence.sh DATA [SET…]      DATA holds a folder with train.tsv for each set; EVIDENCE.md says which files those are
set -euo pipefail
cd "$(dirname "$0")/.."
data=$1
shift
[ $# -gt 0 ] || set -- trec snips stsb subjectivity rte123
work=.tools/evidence
mkdir -p "$work"
cargo build --release --example compare
cp target/release/examples/compare "$work/compare" # a build meanwhile must not change what is running

for set; do
  case $set in
    trec | snips | subjectivity) columns=(--text-column text --label-column label) ;;
    stsb) columns=(--text-column s1 --pair-column s2 --label-column score --task regression) ;;
    rte123) columns=(--text-column premise --pair-column hypothesis --label-column label) ;;
    *) echo "no set $set" >&2 && exit 1 ;;
  esac
  cp "$data/$set/train.tsv" "$work/$set.tsv"
  # The core that begins a set finishes it: numbers of two may differ in their last digits.
  commit=$(git rev-parse --short HEAD)
  [ -s "$work/$set.core" ] || echo "$commit $(date -I)" > "$work/$set.core"
  read -r begun _ < "$work/$set.core"
  if [ "$begun" != "$commit" ]; then
    echo "$set was begun at $begun: check that out to go on, or remove $work/$set.* to begin again" >&2
    exit 1
  fi
  "$work/compare" "$work/$set.tsv" --plan evidence/plan.json --max-rows 1500 "${columns[@]}" --out "$work/$set.json"
done
