#!/usr/bin/env bash
# RapidCheck (Debian 12, librapidcheck-dev 0~1033-08b5058-3): RC_PARAMS="reproduce=..." runs the property that the string names and
# no test of any other property, and still reports each of those as "OK, passed 0 tests". rc::check returns true for them.
#
# Why it matters: a CI job that keeps `reproduce=` in its environment is green for every other property, whatever they do.
# Seen: the property that fails without RC_PARAMS is "OK, passed 0 tests" with the string of another property.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -o APT::Sandbox::User=root download -qq librapidcheck-dev=0~1033-08b5058-3 || { echo "the pinned package cannot be had" >&2; exit 2; }
dpkg-deb -x ./*.deb root

cat >properties.cpp <<'CPP'
#include <rapidcheck.h>
#include <cstdio>
int main() {
  const bool small = rc::check("small", [](int x) { RC_ASSERT(x < 10); });
  const bool even = rc::check("even", [](int x) { RC_ASSERT(x % 2 == 0); });
  std::printf("small %s, even %s\n", small ? "true" : "false", even ? "true" : "false");
}
CPP
g++ -std=c++17 -Iroot/usr/include properties.cpp -o properties "$(find root -name librapidcheck.a)"

./properties >plain 2>plain_report
# The string of "small" alone, from a program in which nothing else fails.
sed 's/^  const bool even = .*/  const bool even = true;/' properties.cpp >one.cpp
g++ -std=c++17 -Iroot/usr/include one.cpp -o one "$(find root -name librapidcheck.a)"
small_only=$(./one 2>&1 | sed -n 's/.*reproduce=\([^"]*\)".*/\1/p' | tail -n 1)
RC_PARAMS="reproduce=$small_only" ./properties >chosen 2>chosen_report

echo "without RC_PARAMS:      $(cat plain)"
echo "reproduce= for 'small': $(cat chosen)"
grep -A1 '^- even' chosen_report
grep -qx 'small false, even false' plain && grep -qx 'small false, even true' chosen &&
  grep -A1 '^- even' chosen_report | grep -q 'OK, passed 0 tests' || { echo "the behaviour has changed"; exit 1; }
