# demo · test · check · dist: the README's commands, and what CI calls.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo dist test test-native test-wasm test-page parity check check-quick clean

PORT ?= 8080
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/guided-dropout-lab
export PATH := $(TOOLS)/bin:$(PATH)
# What a wasm build needs in its environment; scripts/setup.sh writes it.
WASM := source .tools/env;
CORE := $(shell find src -name '*.rs' -not -path 'src/bin/*') Cargo.toml Cargo.lock .cargo/config.toml
WASM_FILE := $(or $(CARGO_TARGET_DIR),target)/wasm32-unknown-unknown/release/guided_dropout_lab.wasm

help:
	@echo "make demo    build the lab and serve it on http://localhost:$(PORT)/"
	@echo "make test    every test: native, headless Chromium on CPU and WebGPU, and the page"
	@echo "make test-firefox  own files, a resumed experiment and Chromium's numbers in Firefox"
	@echo "make test-wasm-firefox  the golden tests of the CPU core in Firefox"
	@echo "make test-gpu  WebGPU on two more implementations: Firefox, and natively Vulkan; both on Mesa's software adapter"
	@echo "make test-kill  the browser killed twenty times in the middle of experiments"
	@echo "make parity  the model, a fine-tuned model and the rates' snippet against Hugging Face transformers"
	@echo "make onnx    exported ONNX files in onnxruntime and transformers.js"
	@echo "make test-cluster  the Python package for Ray clusters: parity with the core, lost nodes, a killed driver, a full disk"
	@echo "make bench   training steps and Fisher texts per second, beside PyTorch, jax-js and TensorFlow.js (after make parity)"
	@echo "make fuzz    every reader on made-up files, five minutes each"
	@echo "make soak    four hours of experiments in one tab, and whether anything grows"
	@echo "make check   format, lints, types, spelling, links, documentation, module graph, licences and advisories"
	@echo "make check-quick  the part of it that compiles nothing: under a minute"
	@echo "make pkg     the core as an npm package, for any page: pkg/"
	@echo "make dist    the page as a folder for any static host: dist/"

setup:
	@scripts/setup.sh

setup-demo:
	@SETUP_DEMO=1 scripts/setup.sh

# The core as wasm, twice: for the CPU alone, which every visitor gets, and with what a GPU needs, three times as large. The first build
# compiles burn and wgpu: ten minutes on two cores; later ones take one. Cargo writes both to one place, hence one after the other.
CPU_CORE := pkg/guided_dropout_lab_bg.wasm
GPU_CORE := pkg/gpu/guided_dropout_lab_bg.wasm

# $(call build-core,FEATURES): wasm-bindgen alone. What wasm-opt would take off, gzip takes off as well (bench/README.md).
define build-core
	$(WASM) cargo build --lib --target wasm32-unknown-unknown --release $(1)
	@grep -qa __wasm_call_ctors $(WASM_FILE) && ! grep -qa command_export $(WASM_FILE) || \
		{ echo "every export would run the constructors first: see register in src/device.rs" >&2; exit 1; }
	wasm-bindgen --target web --remove-name-section --remove-producers-section --out-dir $(@D) $(WASM_FILE)
endef

$(CPU_CORE): $(CORE)
	@echo "building the core for the browser (the first time takes a while: burn)"
	$(call build-core)

$(GPU_CORE): $(CORE) | $(CPU_CORE)
	@echo "building the core for browsers with a GPU (the first time takes a while: wgpu)"
	$(call build-core,--features gpu)

# An npm-ready package of both, which our page uses as any other may: served, and published, as pkg/.
pkg: $(CPU_CORE) $(GPU_CORE)
	@node scripts/package.mjs
.PHONY: pkg

page: pkg
	@rm -rf www/pkg # where the cores were before version 0.2
	@scripts/vendor.sh
	@cat docs/evidence/{summary,protocol,tables,limitations}.md > www/evidence.txt # browsers show plain text, and save Markdown
.PHONY: page setup-demo

demo: setup-demo
	@$(MAKE) --no-print-directory page
	@node scripts/serve.mjs $(PORT)

dist: setup-demo
	@$(MAKE) --no-print-directory page
	rm -rf dist && node scripts/page.mjs dist
	cp LICENSE-MIT LICENSE-APACHE LICENSES.md dist/
	@node scripts/manifest.mjs dist
	@echo "dist/ is ready to upload to any static host ($$(du -sh dist | cut -f1))"

# The page before the golden tests: they go on with the core for GPUs, which is built last.
test: setup
	@$(MAKE) --no-print-directory check-quick test-native page test-wasm test-page

# One test of it: make test-native NAME=lowest_score. By a profile that is quick to compile and incremental: after an edit the library's tests
# are built anew in seconds.
test-native:
	cargo test --profile tests --features cli $(if $(NAME),--lib $(NAME))

# In a dedicated worker of headless Chromium: the golden tests on the CPU and on the software WebGPU adapter.
test-wasm:
	$(WASM) WASM_BINDGEN_TEST_TIMEOUT=900 WASM_BINDGEN_TEST_DRIVER_TIMEOUT=60 \
		wasm-pack test --headless --chrome --release -- --features gpu --test golden --test kernels --test experiment --test landscape

# One file of it: make test-page FILE=tests/browser/first-view.mjs
test-page: page
	node --test --test-concurrency=2 $(or $(FILE),tests/package.mjs tests/fuzz/readers.mjs $(filter-out %/page.mjs,$(wildcard tests/browser/*.mjs)))

# The golden tests and whole experiments of the CPU core in Firefox; installs Firefox and geckodriver.
test-wasm-firefox:
	@SETUP_FIREFOX=1 scripts/setup.sh
	$(WASM) WASM_BINDGEN_TEST_TIMEOUT=900 WASM_BINDGEN_TEST_DRIVER_TIMEOUT=60 \
		wasm-pack test --headless --firefox --geckodriver $(TOOLS)/bin/geckodriver --release -- --test golden --test experiment
.PHONY: test-wasm-firefox

# The journey in Firefox, and its numbers against Chromium's; installs Firefox.
test-firefox:
	@SETUP_FIREFOX=1 scripts/setup.sh
	@$(MAKE) --no-print-directory page
	node --test tests/firefox.mjs
.PHONY: test-firefox

# WebGPU on two implementations besides Chromium's, without a GPU: Mesa's lavapipe below Firefox, and below wgpu on Vulkan; installs all three.
test-gpu: test-gpu-native test-gpu-firefox
.PHONY: test-gpu

# Self-check, golden tests, kernels and whole experiments on the CPU and on the GPU, and an experiment of the page on the GPU.
test-gpu-firefox:
	@SETUP_FIREFOX=1 SETUP_GPU=1 scripts/setup.sh
	$(WASM) WASM_BINDGEN_TEST_TIMEOUT=900 WASM_BINDGEN_TEST_DRIVER_TIMEOUT=60 wasm-pack test --headless --firefox \
		--geckodriver $(TOOLS)/bin/geckodriver --release -- --features gpu --test golden --test kernels --test experiment
	@$(MAKE) --no-print-directory page
	node --test tests/firefox-gpu.mjs
.PHONY: test-gpu-firefox

# Self-check, golden tests and kernels. With VK_DRIVER_FILES= in the environment on the machine's own GPU. The first build compiles burn with
# wgpu, a quarter of an hour on two cores; with the program's features, so that it shares the other dependencies of `make test-native`.
test-gpu-native: export VK_DRIVER_FILES ?= $(firstword $(wildcard /usr/share/vulkan/icd.d/lvp_icd*.json))
test-gpu-native:
	@SETUP_DEMO=1 SETUP_GPU=1 scripts/setup.sh
	cargo test --profile tests --features cli,gpu --test golden --test kernels
.PHONY: test-gpu-native

# The browser killed at twenty random moments of an experiment (KILLS, SEED); some eight minutes.
test-kill: page
	node --test tests/kill.mjs
.PHONY: test-kill

# Against Hugging Face transformers, in a virtual environment of its own (downloads PyTorch); not part of `make test`.
parity: setup
	@$(MAKE) --no-print-directory page
	@[ -x .tools/parity/bin/python ] || python3 -m venv .tools/parity
	.tools/parity/bin/pip install -q -r scripts/parity.txt
	mkdir -p .tools/handed
	cargo run --release --features cli -- logits www/data/models/mini-4x256 --out .tools/handed/mlm.safetensors --text "[MASK]" \
		--text "The [MASK] of France is Paris." --text "Penguins are birds that cannot [MASK], but they swim very well."
	rm -rf .tools/handed/families && .tools/parity/bin/python scripts/parity_families.py .tools/handed/families
	for family in .tools/handed/families/*; do \
		cargo run -q --release --features cli -- logits $$family --out $$family/logits.safetensors --text "The old dog ran home." --text "x" \
			--text "Who ran? 240 trees, and a good story of boats on the cold water." || exit 1; \
	done
	node scripts/parity.mjs .tools/handed
	HF_HUB_OFFLINE=1 .tools/parity/bin/python scripts/parity.py www/data/models/mini-4x256 .tools/handed

# ONNX files of all families in onnxruntime, and in transformers.js in Node and in Chromium, beside our logits; not part of `make test` (downloads both).
onnx: scripts/onnx/node_modules/.package-lock.json
	@[ -x .tools/onnx/bin/python ] || python3 -m venv .tools/onnx
	.tools/onnx/bin/pip install -q -r scripts/onnx/requirements.txt
	cargo build --release --features cli
	.tools/onnx/bin/python scripts/onnx/check.py target/release/guided-dropout tests/fixtures/tiny_bert tests/fixtures/families/*
	node scripts/onnx/transformers.mjs target/release/guided-dropout tests/fixtures/tiny_bert tests/fixtures/families/*
.PHONY: onnx

scripts/onnx/node_modules/.package-lock.json: scripts/onnx/package-lock.json
	cd scripts/onnx && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

# The Python package in cluster/, in a virtual environment of its own (downloads PyTorch and Ray); not part of `make test`. One test of it:
# make test-cluster NAME=tests/test_faults.py
test-cluster: .tools/cluster/.installed
	cargo build --release --features cli
	cd cluster && HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 ../.tools/cluster/bin/python -m pytest -q $(NAME)
.PHONY: test-cluster

.tools/cluster/.installed: cluster/pyproject.toml cluster/constraints.txt
	[ -x .tools/cluster/bin/python ] || python3 -m venv .tools/cluster
	.tools/cluster/bin/pip install -q -c cluster/constraints.txt -e './cluster[test]'
	@touch $@

# One worker's steps beside PyTorch's and, in Chromium, beside other libraries': bench/README.md has the numbers and how to read them.
bench: page bench/peers/node_modules/.package-lock.json
	.tools/parity/bin/python bench/workload.py .tools/bench
	node bench/core.mjs tickets
	node bench/core.mjs .tools/bench/rows.csv 5 .tools/bench
	.tools/parity/bin/python bench/torch_step.py www/data/models/mini-4x256 .tools/bench/tickets.json
	.tools/parity/bin/python bench/torch_step.py .tools/bench .tools/bench/ids.json
	node bench/peers.mjs .tools/bench
.PHONY: bench

bench/peers/node_modules/.package-lock.json: bench/peers/package-lock.json
	cd bench/peers && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

# Readers on made-up files for longer than the two seconds a kind of `make test`; FUZZ_SEED, FUZZ_EXECUTIONS: tests/fuzz/harness.rs.
fuzz: page
	FUZZ_SECONDS=$${FUZZ_SECONDS:-300} cargo test --release --test fuzz -- --nocapture
	FUZZ_SECONDS=$${FUZZ_SECONDS:-300} node --test --test-name-pattern=taken tests/fuzz/readers.mjs
.PHONY: fuzz

# One experiment after another in a tab that is never loaded again, with what the machine has left; SOAK="--hours 1 --webgpu": bench/soak.mjs.
soak: page
	chrt --idle 0 node bench/soak.mjs $(SOAK)
.PHONY: soak

setup-check:
	@SETUP_CHECK=1 scripts/setup.sh
.PHONY: setup-check

# What needs no compilation; `make test` begins with it.
check-quick: node_modules/.package-lock.json
	cargo fmt --check
	npx --no-install prettier --log-level warn --check .
	npx --no-install eslint --max-warnings 0 .
	node scripts/types.mjs
	node scripts/links.mjs
	node scripts/benchmarks.mjs --check
	node scripts/modules.mjs
	node --test tests/modules.mjs
	node --test tests/browser/languages.mjs tests/complete.mjs
	@scripts/vendor.sh
	node --test tests/formats.mjs

# Rewrites what check-quick would refuse for its layout.
format: node_modules/.package-lock.json
	cargo fmt
	npx --no-install prettier --log-level warn --write .
	npx --no-install eslint --fix . # braces where a body has come to stand on a line of its own
	npx --no-install prettier --log-level warn --write .
.PHONY: format

node_modules/.package-lock.json: package-lock.json
	npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

check: setup-check check-quick .tools/ruff/bin/ruff
	typos
	.tools/ruff/bin/ruff check --quiet && .tools/ruff/bin/ruff format --quiet --check
	cargo clippy --release --features cli --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --document-private-items
	cargo deny --locked check licenses bans sources
	scripts/advisories.sh

# Of the Python in cluster/, scripts/ and bench/: ruff.toml.
.tools/ruff/bin/ruff:
	python3 -m venv .tools/ruff && .tools/ruff/bin/pip install -q ruff==0.17.6

clean:
	rm -rf target pkg dist www/vendor
