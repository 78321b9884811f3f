#!/usr/bin/env bash
# libev 4.33 (Debian 12, libev-dev 1:4.33-1): timers with the same time-out, started one after the other in one turn of the loop, do
# not fire in the order in which they were started.
#
# Why it matters: code that is tested on one loop library and leans on "first set, first called" breaks on another one.
# Seen: eight timers A to H of 50 ms each fire as A H G F E D C B.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -o APT::Sandbox::User=root download -qq libev-dev=1:4.33-1 libev4=1:4.33-1 || { echo "the pinned packages cannot be had" >&2; exit 2; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

cat >timers.cpp <<'CPP'
#include <ev.h>
#include <cstdio>
static ev_timer timers[8];
int main() {
  struct ev_loop* loop = ev_loop_new(EVFLAG_AUTO);
  const auto fired = [](struct ev_loop*, ev_timer* timer, int) { std::putchar('A' + static_cast<int>(timer - timers)); };
  for (ev_timer& timer : timers) {
    ev_timer_init(&timer, fired, 0.05, 0.);
    ev_timer_start(loop, &timer);
  }
  ev_run(loop, 0);
}
CPP
g++ -std=c++17 -w -Iroot/usr/include timers.cpp -o timers "$(find root -name libev.a)" -lm
order=$(./timers)
echo "started as ABCDEFGH, fired as $order"
[ "$order" = AHGFEDCB ] || { echo "the behaviour has changed"; exit 1; }
