# What ci/test and ci/fuzz share; sourced, not run. Sets `root` and leaves the caller in it.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# A clone in another folder finds what this one has compiled.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

# build_preset NAME [TARGET...]: configures and builds build/NAME; says what it does in a line each, errors whole.
build_preset() {
  local preset=$1 log="$root/build/$1.log"
  shift
  mkdir -p "$root/build"
  echo "configuring build/$preset" >&2
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    echo "build/$preset could not be configured" >&2
    return 2
  fi
  echo "building build/$preset" >&2
  local targets=()
  [ $# -eq 0 ] || targets=(--target "$@")
  if ! cmake --build "$root/build/$preset" --parallel "$(nproc)" "${targets[@]}" >"$log" 2>&1; then
    grep -v '^\[[0-9]*/[0-9]*\] ' "$log" | head -n 200 >&2
    echo "build/$preset could not be built; everything that was said is in $log" >&2
    return 2
  fi
}
