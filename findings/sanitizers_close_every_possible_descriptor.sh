#!/usr/bin/env bash
# The sanitizers of clang 19 (Debian 12, libclang-rt-19-dev 1:19.1.7-3~deb12u1): before they start llvm-symbolizer, the
# forked child closes each descriptor that the limit allows, one system call each, open or not.
#
# Why it matters: each stack that a fuzz campaign prints costs as many calls as the limit has descriptors. In a container
# with LimitNOFILE=infinity (1,073,741,816) these are a thousand million calls for each crash.
# A lower limit (ulimit -n 65536) or symbolize=0 keeps it short.
# Seen: with a limit of 512 some 500 calls of close, with 4096 some 4,100, for the same program and the same stack.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=1:19.1.7-3~deb12u1
for package in clang-19="$version" libclang-common-19-dev="$version" libclang-rt-19-dev="$version" libclang-cpp19="$version" \
  libllvm19="$version" llvm-19="$version" strace=6.1-0.1 libunwind8=1.6.2-3; do
  apt-get -o APT::Sandbox::User=root download -qq "$package" || { echo "the pinned packages cannot be had" >&2; exit 2; }
done
for package in ./*.deb; do dpkg-deb -x "$package" root; done

cat >stack.cpp <<'CPP'
#include <sanitizer/common_interface_defs.h>
int main() { __sanitizer_print_stack_trace(); }
CPP
library=$work/root/usr/lib/x86_64-linux-gnu
LD_LIBRARY_PATH=$library:$work/root/usr/lib/llvm-19/lib root/usr/lib/llvm-19/bin/clang++ -g -fsanitize=undefined stack.cpp -o stack
export UBSAN_SYMBOLIZER_PATH=$work/root/usr/lib/llvm-19/bin/llvm-symbolizer

# Prints how often close was called with that limit of descriptors.
closes() {
  (ulimit -n "$1" && LD_LIBRARY_PATH=$library:$work/root/usr/lib/llvm-19/lib root/usr/bin/strace -f -qq -e trace=close -o calls ./stack >out 2>&1)
  grep -q 'in main .*stack.cpp:2' out || { echo "no symbolized stack:"; cat out; exit 1; } >&2
  grep -c 'close(' calls
}
few=$(closes 512)
many=$(closes 4096)
echo "calls of close with a limit of 512: $few, with 4096: $many"
[ "$few" -ge 500 ] && [ "$few" -lt 1000 ] && [ "$many" -ge 4000 ] || { echo "the behaviour has changed"; exit 1; }
