#!/usr/bin/env bash
# Runs the evidence's plan on the sets named, one after the other; a set that was interrupted goes on where it was.
#
#   scripts/evidence.sh DATA [SET…]      DATA holds a folder with train.tsv for each set; EVIDENCE.md says which files those are
set -euo pipefail
cd "$(dirname "$0")/.."
data=$1
shift
sets=("${@:-}")
[ -n "${sets[0]}" ] || sets=(trec snips stsb subjectivity rte123)
work=.tools/evidence
mkdir -p "$work"
cargo build --release --example compare
cp target/release/examples/compare "$work/compare" # a build meanwhile must not change what is running

for set in "${sets[@]}"; do
  case $set in
    trec) columns=(--text-column text --label-column label) ;;
    snips | subjectivity) columns=(--text-column text --label-column label) ;;
    stsb) columns=(--text-column s1 --pair-column s2 --label-column score --task regression) ;;
    rte123) columns=(--text-column premise --pair-column hypothesis --label-column label) ;;
    *) echo "no set $set" >&2 && exit 1 ;;
  esac
  cp "$data/$set/train.tsv" "$work/$set.tsv"
  "$work/compare" "$work/$set.tsv" --plan evidence/plan.json --max-rows 1500 "${columns[@]}" --out "$work/$set.json"
done
