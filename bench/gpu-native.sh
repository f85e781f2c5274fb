#!/usr/bin/env bash
# On a machine with a GPU, natively by wgpu on Vulkan: golden tests; times of training steps beside PyTorch, where it has CUDA; Fisher texts;
# dispatches; memory over 500 steps.
#
#   bench/gpu-native.sh [--smoke] [--no-tests] [OUT]
#
# OUT (.tools/gpu-native) gets lines.jsonl, a line for each measurement, and gpu-native.json for bench/results/. --smoke: tiny settings, and Mesa's
# software adapter; whether all of it works, no figures. PYTHON names a Python with torch and transformers. What fails is said, and the rest goes on.
set -uo pipefail
cd "$(dirname "$0")/.."

smoke= tests=1 out=.tools/gpu-native
for option; do
  case $option in
    --smoke) smoke=1 ;;
    --no-tests) tests= ;;
    -*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    *) out=$option ;;
  esac
done
mkdir -p "$out" && out=$(realpath "$out")
lines=$out/lines.jsonl
: > "$lines"
failed=()

say() { printf '%s gpu-native: %s\n' "$(date +%H:%M:%S)" "$*" >&2; }

if [ -n "$smoke" ]; then
  VK_DRIVER_FILES=$(ls /usr/share/vulkan/icd.d/lvp_icd*.json 2>/dev/null | head -1)
  [ -n "$VK_DRIVER_FILES" ] || { echo "expected Mesa's lavapipe in /usr/share/vulkan/icd.d, found none: SETUP_GPU=1 scripts/setup.sh" >&2; exit 1; }
  export VK_DRIVER_FILES
  shapes=("tiny 4 16" "built-in 2 8") torch_device=--cpu
  step=(--steps 2 --repeats 2) torch_step=(2 2) fisher=(--texts 4 --repeats 1 --tokens 16) memory=(--steps 20 --shape tiny --batch 2 --tokens 8)
  counted="tiny"
else
  shapes=("built-in 16 64" "built-in 32 128" "minilm 16 64" "minilm 32 128" "bert-base 16 64" "bert-base 32 128") torch_device=
  step=(--steps 20 --repeats 5) torch_step=(20 5) fisher=(--texts 256 --repeats 3) memory=(--steps 500 --shape built-in)
  counted="built-in minilm bert-base"
fi

# line NAME COMMAND...: what a command prints goes to the lines.
line() {
  local name=$1; shift
  say "$name"
  if "$@" >> "$lines" 2> "$out/error.txt"; then return; fi
  tail -5 "$out/error.txt" >&2
  failed+=("$name")
}

say "building"
cargo build --release --features cli,gpu --example gpu_native || exit 1
program=$(realpath "${CARGO_TARGET_DIR:-target}/release/examples/gpu_native")
model=$(realpath www/data/models/mini-4x256)

machine() {
  local driver adapter
  driver=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null | head -1)
  adapter=$(vulkaninfo --summary 2>/dev/null | sed -n 's/^\s*\(deviceName\|driverInfo\)\s*= //p' | paste -sd' ')
  printf '{"what":"machine","date":"%s","commit":"%s","gpu":"%s","vulkan":"%s","smoke":%s}\n' "$(date +%F)" \
    "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" "$driver" "$adapter" "$([ -n "$smoke" ] && echo true || echo false)"
}
line "the machine" machine

if [ -n "$tests" ]; then
  say "golden tests and kernels"
  filter=(); [ -z "$smoke" ] || filter=(-- adamw::webgpu webgpu::products)
  sound=1
  cargo test --release --features cli,gpu --no-fail-fast --test golden --test kernels "${filter[@]}" > "$out/tests.txt" 2>&1 || sound=
  count() { awk -v of="$1;" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i == of) sum += $(i - 1) } END { print sum + 0 }' "$out/tests.txt"; }
  say "$(count passed) passed, $(count failed) failed"
  printf '{"what":"tests","passed":%d,"failed":%d}\n' "$(count passed)" "$(count failed)" >> "$lines"
  [ -n "$sound" ] || { tail -20 "$out/tests.txt" >&2; failed+=("tests"); }
fi

python=${PYTHON:-python3}
"$python" -c 'import torch, transformers' 2>/dev/null || { say "no torch with transformers in $python: nothing to compare with"; python=; }
for shape in "${shapes[@]}"; do
  read -r name batch tokens <<< "$shape"
  of=(--shape "$name" --batch "$batch" --tokens "$tokens" --model "$model")
  line "$shape, every loss read" "$program" step "${of[@]}" "${step[@]}"
  line "$shape, losses read every eight steps" "$program" step "${of[@]}" "${step[@]}" --together 8
  [ -z "$python" ] || line "$shape, PyTorch" "$python" bench/torch_gpu.py "$name" "$batch" "$tokens" "${torch_step[@]}" $torch_device
done
line "Fisher information" "$program" fisher --model "$model" "${fisher[@]}"
line "memory" "$program" memory --model "$model" "${memory[@]}"

# Every launch is a line of cubecl's own log; a run of twice as many steps has those of the steps more.
launches() { # SHAPE STEPS
  local folder; folder=$(mktemp -d)
  printf '[profiling]\nlogger = { level = "minimal", file = "%s/launches" }\n' "$folder" > "$folder/cubecl.toml"
  (cd "$folder" && "$program" step --shape "$1" --batch 2 --tokens 16 --model "$model" --steps "$2" --repeats 1 --usual-kernels > /dev/null) || return
  grep -c 'Executing ' "$folder/launches"
  rm -r "$folder"
}
dispatches() {
  local few many
  few=$(launches "$1" 4) && many=$(launches "$1" 8) || return
  printf '{"what":"dispatches","shape":"%s","kernels":"usual","a_step":%s}\n' "$1" "$(((many - few) / 4))"
}
for shape in $counted; do line "dispatches, $shape" dispatches "$shape"; done

if command -v node > /dev/null; then
  node bench/gpu_table.mjs "$lines" > "$out/gpu-native.json" && say "$out/gpu-native.json"
else
  say "no node here: node bench/gpu_table.mjs $lines writes the table"
fi
[ ${#failed[@]} = 0 ] || { say "failed: $(printf '%s; ' "${failed[@]}")"; exit 1; }
