#!/usr/bin/env bash
# Installs what the lab needs to build and test, and nothing that is there already:
#   Rust (rustup's, else Debian's) · the wasm32 target · wasm-bindgen, wasm-pack · node packages · Chromium.
# Run it as often as you like; `make demo` and `make test` do. SETUP_DEMO=1 leaves out what only tests need;
# SETUP_CHECK=1 adds cargo-deny and typos, for `make check`; SETUP_FIREFOX=1 adds Firefox and its driver, for `make test-firefox` and
# `make test-wasm-firefox`; SETUP_GPU=1 adds Mesa's software adapter for Vulkan, for `make test-gpu`;
# SETUP_WASM=debian takes Debian's compiler for wasm even where rustup has the target.
# Everything comes from package registries: Debian's, crates.io, npm.
set -euo pipefail
cd "$(dirname "$0")/.."

# Kept outside the checkout, so that a second clone need not build them again.
tools="${XDG_CACHE_HOME:-$HOME/.cache}/guided-dropout-lab"
env_file="$PWD/.tools/env"    # what the Makefile exports for wasm builds
wasm_bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
wasm_pack_version=0.15.1
cargo_deny_version=0.20.2
typos_version=1.52.0
geckodriver_version=0.37.1
mkdir -p "$tools" .tools

say()  { printf '\033[1msetup:\033[0m %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
has()  { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif has sudo; then sudo "$@"
  else fail "needs root to run: $*  (install those packages by hand, then run this again)"; fi
}

# apt_install PACKAGE...: only the missing ones.
apt_updated=
apt_install() {
  local missing=()
  for package in "$@"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  [ ${#missing[@]} = 0 ] && return
  has apt-get || fail "missing ${missing[*]}, and this system has no apt-get: install their equivalents by hand"
  [ -n "$apt_updated" ] || as_root apt-get update -qq || fail "apt-get update failed: is Debian's archive reachable?"
  apt_updated=1
  say "installing ${missing[*]} (Debian packages, about a minute)"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
    || fail "apt-get could not install: ${missing[*]}"
}

# --- a C compiler, node, Rust ---------------------------------------------------------------------------------
has cc  || apt_install gcc libc6-dev
has npm || apt_install nodejs npm
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || fail "node 18 or newer is needed, found $(node --version)"
debian_rust() { apt_install rustc-web cargo-web rust-web-src lld-19; }
has cargo || debian_rust
has cargo || fail "cargo is missing and Debian's cargo-web did not provide it"

# --- the wasm32 target: rustup's where it can download, else Debian's compiler with std built from its source ----
wasm_sysroot=/usr/lib/rustlib/wasm32-unknown-unknown/lib
wasm_env() {   # what a wasm build exports, once the target is known to work
  if [ "$1" = rustup ]; then echo "# rustup's own wasm32 target: nothing to export"
  else
    if has rustup; then echo "export RUSTUP_TOOLCHAIN=debian"; fi
    echo "export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19"
  fi > "$env_file"
}

want_rustup() { [ "${SETUP_WASM:-rustup}" = rustup ]; }
if want_rustup && [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]; then
  wasm_env rustup
elif want_rustup && has rustup && timeout 120 rustup target add wasm32-unknown-unknown >/dev/null 2>&1; then
  say "added the wasm32-unknown-unknown target with rustup"; wasm_env rustup
else
  debian_rust
  if ! ls "$wasm_sysroot"/libtest-*.rlib >/dev/null 2>&1; then
    say "building std for wasm32 from Debian's source (about a minute)"
    build=$(mktemp -d); trap 'rm -rf "$build"' EXIT
    mkdir "$build/src"; echo '#![no_std]' > "$build/src/lib.rs"
    printf '[package]\nname = "sysroot"\nversion = "0.0.0"\nedition = "2021"\n' > "$build/Cargo.toml"
    (cd "$build" && env -u RUSTUP_TOOLCHAIN PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 \
       CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 \
       /usr/bin/cargo build -q --release -Zbuild-std=std,panic_abort,test --target wasm32-unknown-unknown) \
      || fail "std for wasm32 did not build with Debian's rustc ($(/usr/bin/rustc --version))"
    as_root mkdir -p "$wasm_sysroot"
    find "$build/target/wasm32-unknown-unknown/release/deps" -name '*.rlib' ! -name 'libsysroot-*' \
      -exec cp {} "$build" \;
    as_root cp "$build"/*.rlib "$wasm_sysroot/"
  fi
  has rustup && ! rustup toolchain list | grep -q '^debian' && rustup toolchain link debian /usr
  wasm_env debian
fi

# --- wasm-bindgen (the version of Cargo.lock); wasm-pack, for tests ---------------------------------------------
# Hardly optimised: each works for seconds, and compiling it takes longer than that.
cargo_tool() {  # [OPT_LEVEL=0] cargo_tool BINARY CRATE VERSION OPTION...
  local binary=$1 crate=$2 version=$3; shift 3
  [ "$("$tools/bin/$binary" --version 2>/dev/null | awk '{print $NF}')" = "$version" ] && return
  say "building $crate $version (about two minutes)"
  CARGO_PROFILE_RELEASE_OPT_LEVEL=${OPT_LEVEL:-1} cargo install -q --root "$tools" --version "$version" "$@" "$crate" \
    || fail "cargo could not install $crate $version"
}
cargo_tool wasm-bindgen wasm-bindgen-cli "$wasm_bindgen_version" --no-default-features   # no TLS: it calls no other machine
if [ -z "${SETUP_DEMO:-}" ]; then OPT_LEVEL=0 cargo_tool wasm-pack wasm-pack "$wasm_pack_version"; fi # it only calls the others
if [ -n "${SETUP_CHECK:-}" ]; then cargo_tool cargo-deny cargo-deny "$cargo_deny_version"; cargo_tool typos typos-cli "$typos_version" --locked; fi
if [ -n "${SETUP_FIREFOX:-}" ]; then cargo_tool geckodriver geckodriver "$geckodriver_version" --locked; fi

# --- node packages: page libraries; Playwright for tests --------------------------------------------------
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say "installing node packages (half a minute)"
  npm ci --silent --no-audit --no-fund --ignore-scripts || fail "npm ci failed: is the npm registry reachable?"
fi

# --- Chromium and its driver, for tests ------------------------------------------------------------------------
if [ -z "${SETUP_DEMO:-}" ]; then
  has chromium     || apt_install chromium
  has chromedriver || apt_install chromium-driver
  # Debian 12 and newer have it; elsewhere the page's tests take Chromium itself and a little longer.
  has chromium-headless-shell || ! has apt-get || (apt_install chromium-headless-shell) || say "no chromium-headless-shell here: Chromium it is"
fi
if [ -n "${SETUP_FIREFOX:-}" ]; then has firefox-esr || has firefox || apt_install firefox-esr; fi
if [ -n "${SETUP_GPU:-}" ]; then apt_install mesa-vulkan-drivers; fi
say "everything is in place"
