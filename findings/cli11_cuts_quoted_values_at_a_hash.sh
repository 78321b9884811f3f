#!/usr/bin/env bash
# CLI11 2.1.2 (Debian 12, libcli11-dev 2.1.2+ds-1) cuts a value in a configuration file at '#', also
# inside a quoted string, and keeps the quote in front as part of the value. An array is cut there
# too, and loses one more byte. The file may be one that CLI11 wrote itself (config_to_str).
#
# Why it matters: a program reads another password, path or channel than its file says, and nobody
# hears of it. A file that the program wrote gives other options than those it was written from.
# Seen: name="pa#ss" is read as "pa with the quote, many=["pa#ss", 'b'] as the string p alone. There
# is no error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -o APT::Sandbox::User=root download -qq libcli11-dev=2.1.2+ds-1 || { echo "the pinned package cannot be had" >&2; exit 2; }
dpkg-deb -x ./*.deb root

cat >program.cpp <<'CPP'
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
struct Program {
  CLI::App app;
  std::string name;
  std::vector<std::string> many;
  Program() {
    app.add_option("--name", name);
    app.add_option("--many", many);
    app.set_config("--config");
  }
  void show(const char* from) const {
    std::printf("%s: name <%s>, many", from, name.c_str());
    for (const std::string& one : many) std::printf(" <%s>", one.c_str());
    std::puts("");
  }
};
int main() {
  Program writer, reader;
  writer.app.parse("x --name pa#ss --many pa#ss b", true);
  writer.show("command line");
  std::ofstream("options.toml") << writer.app.config_to_str();
  reader.app.parse("x --config options.toml", true);
  reader.show("file");
}
CPP
g++ -std=c++17 -w -Iroot/usr/include program.cpp -o program
./program >options
cat options.toml options >seen
cat seen
diff - seen <<'END' >&2 || { echo "the behaviour has changed"; exit 1; }
name="pa#ss"
many=["pa#ss", 'b']
command line: name <pa#ss>, many <pa#ss> <b>
file: name <"pa>, many <p>
END
