#!/usr/bin/env bash
# UBSan of clang 19 (Debian 12, clang-19 1:19.1.7-3~deb12u1): the check of dynamic types (-fsanitize=vptr)
# opens a pipe when it meets a type for the first time. Where the process has no descriptor left, it reports the
# correct object as one of another type, and says "<memory cannot be printed>".
#
# Why it matters: a test of what a server does without descriptors (EMFILE) fails under UBSan, and the report blames
# a valid cast. A cast of the same type before the descriptors run out, or -fno-sanitize=vptr, keeps the test right.
# Seen: no report with descriptors left, "downcast of address ... does not point to an object" without.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=1:19.1.7-3~deb12u1
for package in clang-19 libclang-common-19-dev libclang-rt-19-dev libclang-cpp19 libllvm19; do
  apt-get -o APT::Sandbox::User=root download -qq "$package=$version" || { echo "the pinned packages cannot be had" >&2; exit 2; }
done
for package in ./*.deb; do dpkg-deb -x "$package" root; done

cat >cast.cpp <<'CPP'
#include <fcntl.h>
#include <sys/resource.h>
#include <cstdio>
#include <cstring>
struct Base {
  virtual ~Base() = default;
};
struct Derived : Base {
  int value = 7;
};
__attribute__((noinline)) int valueOf(Base& base) { return static_cast<Derived&>(base).value; }
int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "full") == 0) {
    const rlimit few{32, 32};
    setrlimit(RLIMIT_NOFILE, &few);
    while (open("/dev/null", O_RDONLY) >= 0) {
    }
  }
  Derived derived;
  std::printf("%d\n", valueOf(derived));
}
CPP
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu:$work/root/usr/lib/llvm-19/lib
root/usr/lib/llvm-19/bin/clang++ -std=c++17 -fsanitize=undefined cast.cpp -o cast
unset LD_LIBRARY_PATH
with=$(./cast 2>&1)
without=$(./cast full 2>&1)
echo "with descriptors left: $with"
echo "with none left:        $(grep -o 'runtime error: .*' <<<"$without" | head -1)"
[ "$with" = 7 ] && grep -q 'does not point to an object of type' <<<"$without" && grep -q '^7$' <<<"$without" ||
  { echo "the behaviour has changed"; exit 1; }
