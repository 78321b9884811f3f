#pragma once

// A Play with every kind of event, for the tests that walk the table of events.

#include <teasel/fakes/play/play.hpp>

namespace teasel::fakes::test {

/// Has every event, made by the method of its kind, with operands that are not their defaults. In a
/// world with an echo server, a timer and onApp every event has something to act on.
inline Play everyEvent() {
  Play play;
  play.connect(0, 1);
  play.send(0, "ab\r\n");
  play.cut(0);
  play.echo(1, 1, 2, 0);
  play.nextTimer(TimerPoint::kAfter);
  play.advance(std::chrono::microseconds(1500));
  play.shortWrite(0, 1);
  play.send(0, "cd\r\n");
  play.redeliver(0, 1);
  play.stopReading(0);
  play.read(0, 3);
  play.app(4, 5);
  play.endOfStream(0, true);
  play.reset(1);
  play.latency(Play::kOutside, 1, std::chrono::microseconds(5));
  play.partition(1, Play::kOutside, true);
  play.hold(Play::kOutside, 1, true);
  play.repair(1, Play::kOutside, true);
  play.crash(1, CrashKind::kSilent);
  play.restart(1);
  return play;
}

}  // namespace teasel::fakes::test
