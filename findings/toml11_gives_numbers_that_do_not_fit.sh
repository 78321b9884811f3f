#!/usr/bin/env bash
# toml11 3.7.1 (Debian 12, libtoml11-dev 3.7.1-3) checks no range: toml::find for a small integer
# type gives the low bits of a number that the type cannot hold. It does not throw, though a wrong
# type does (toml::type_error).
#
# Why it matters: a server listens on another port than its file says. A check of the range behind
# toml::find<std::uint16_t> comes too late: read std::int64_t and check that one.
# Seen: find<uint16_t> gives 4464 for 70000 and 65535 for -1, and find<int> gives 80 for
# 4294967376.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -o APT::Sandbox::User=root download -qq libtoml11-dev=3.7.1-3 || { echo "the pinned package cannot be had" >&2; exit 2; }
dpkg-deb -x ./*.deb root

cat >program.cpp <<'CPP'
#include <toml.hpp>
#include <cstdint>
#include <cstdio>
#include <sstream>
template <class Number>
void show(const char* type, const char* number) {
  std::istringstream file(std::string("port = ") + number + "\n");
  const auto root = toml::parse(file, "options.toml");
  std::printf("port = %s, find<%s>: %lld\n", number, type, static_cast<long long>(toml::find<Number>(root, "port")));
}
int main() {
  show<std::uint16_t>("uint16_t", "8080");
  show<std::uint16_t>("uint16_t", "70000");
  show<std::uint16_t>("uint16_t", "-1");
  show<int>("int", "4294967376");
  try {
    show<std::uint16_t>("uint16_t", "\"80\"");
  } catch (const toml::type_error&) {
    std::puts("port = \"80\", find<uint16_t>: type_error");
  }
}
CPP
g++ -std=c++17 -w -Iroot/usr/include program.cpp -o program
./program >seen
cat seen
diff - seen <<'END' >&2 || { echo "the behaviour has changed"; exit 1; }
port = 8080, find<uint16_t>: 8080
port = 70000, find<uint16_t>: 4464
port = -1, find<uint16_t>: 65535
port = 4294967376, find<int>: 80
port = "80", find<uint16_t>: type_error
END
