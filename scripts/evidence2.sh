#!/usr/bin/env bash
# Runs the evidence's second protocol (docs/evidence/protocol-2.md) from a frozen build, and takes what is finished into evidence/second/.
#
#   scripts/evidence2.sh freeze WORK        builds the runner and copies it to WORK with the model, the prose and the plan; WORK lies outside the checkout
#   scripts/evidence2.sh run WORK DATA      one process of one thread at the lowest priority; start as many as there are cores. Stopped and started again, it
#                                           goes on with the run that it was at; cells that another process works on are passed over
#   scripts/evidence2.sh take WORK          copies each complete cell to evidence/second/CELL.json, and the journals of the others to evidence/second/journal/,
#                                           with which the next `freeze`, on any machine, goes on: a cell takes hours
#
# DATA holds a folder with train.tsv for each set (clinc30: dev.tsv and test.tsv too); the protocol says which files those are.
set -euo pipefail
cd "$(dirname "$0")/.."
what=$1 work=$2
case $what in
  freeze)
    sources=(src Cargo.toml Cargo.lock evidence/plan-2.json www/data/models/mini-4x256 www/data/samples/prose.txt)
    git diff --quiet HEAD -- "${sources[@]}" || { echo "one of these differs from what is committed: ${sources[*]}" >&2 && exit 1; }
    [ ! -e "$work/commit" ] || { echo "$work holds the build of $(cat "$work/commit"): its runs are finished by it" >&2 && exit 1; }
    cargo build --release --features cli --bin guided-dropout
    mkdir -p "$work"
    cp target/release/guided-dropout evidence/plan-2.json www/data/samples/prose.txt "$work/"
    cp -r www/data/models/mini-4x256 "$work/"
    cp evidence/second/*.json "$work/"
    [ ! -d evidence/second/journal ] || cp evidence/second/journal/*.jsonl "$work/"
    git rev-parse --short HEAD >"$work/commit"
    ;;
  run)
    # Memory that a step gave back stays for the next: the kernel took a fifth of the time to clear it anew each time. No number depends on it.
    export MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=67108864
    runner=("$work/guided-dropout" evidence run)
    [ ! -e "$work/evidence2" ] || runner=("$work/evidence2") # a build frozen when the runner was a program of its own
    exec chrt --idle 0 nice -n 19 "${runner[@]}" "$work/plan-2.json" "$3" "$work/mini-4x256" "$work/prose.txt" "$work" "$(cat "$work/commit")"
    ;;
  take)
    rm -rf evidence/second/journal && mkdir -p evidence/second/journal
    for journal in "$work"/*.jsonl; do
      cell=$(basename "$journal" .jsonl)
      if node -e 'const { seeds, planned_seeds } = JSON.parse(fs.readFileSync(process.argv[1])); process.exit(+(seeds.length < planned_seeds))' \
        "$work/$cell.json" 2>/dev/null; then cp "$work/$cell.json" evidence/second/; else cp "$journal" evidence/second/journal/; fi
    done
    ;;
  *) echo "freeze, run or take?" >&2 && exit 1 ;;
esac
