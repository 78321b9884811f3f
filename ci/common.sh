# What ci/test and ci/fuzz share; sourced, not run. Sets `root` and leaves the caller in it.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# A clone in another folder finds what this one has compiled.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

# configure_preset NAME: configures build/NAME; quiet, errors whole. Status 2 on failure.
configure_preset() {
  local log="$root/build/$1.log"
  mkdir -p "$root/build"
  echo "configuring build/$1" >&2
  if ! cmake --preset "$1" >"$log" 2>&1; then
    cat "$log" >&2
    echo "build/$1 could not be configured" >&2
    return 2
  fi
}

# build_preset NAME [TARGET...]: configures and builds build/NAME, or only these targets of it. Status 2 on failure.
build_preset() { configure_preset "$1" && build_tree "$@"; }

# build_tree NAME [TARGET...]: the same for a tree that is configured.
build_tree() {
  local preset=$1 log="$root/build/$1.log" targets=()
  shift
  [ $# -eq 0 ] || targets=(--target "$@")
  echo "building build/$preset" >&2
  if ! cmake --build "$root/build/$preset" --parallel "$(nproc)" "${targets[@]}" >"$log" 2>&1; then
    grep -v '^\[[0-9]*/[0-9]*\] ' "$log" | head -n 200 >&2
    echo "build/$preset could not be built; everything that was said is in $log" >&2
    return 2
  fi
}
