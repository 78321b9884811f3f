#include <memory>
#include <string>

#include <teasel/fakes/play/odometer.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocol/protocol.hpp>

#include "../harness/interleave.hpp"
#include "rows.hpp"

namespace teasel::bench {
namespace {

using fakes::ChoiceSite;
using fakes::World;

class Echo final : public Protocol {
 public:
  void dataReceived(ByteView data) override { transport().write(data); }
};

/// The options of a world in a fuzzing campaign: the trace keeps only its hash.
fakes::WorldOptions options() {
  fakes::WorldOptions chosen;
  chosen.trace = fakes::Trace::Mode::kHash;
  return chosen;
}

/// Sets a Play with one connection that sends `chunks` times 16 bytes. Each 16 bytes are delivered
/// as a chunk of their own.
void setPlay(World& world, int chunks) {
  fakes::Play& play = world.play();
  play.clear();
  play.connect(0);
  for (int i = 0; i < chunks; ++i) {
    if (i > 0) play.cut(0);
    play.send(0, "0123456789abcdef");
  }
  play.endOfStream(0);
}

/// Runs one session: listen, connect, chunks in, replies out, close, self-check.
void session(World& world, const std::shared_ptr<Factory>& factory, std::size_t replies) {
  world.host().reactor().listenTCP(1, factory);
  const bool clean = world.run() && world.finish();
  if (!clean || world.peer(0).received().size() != replies || !world.peer(0).sawEof())
    throw std::runtime_error(clean ? "the session's replies are wrong" : "the session failed: " + world.verdict()->message);
}

std::shared_ptr<Factory> echoFactory() {
  auto factory = Factory::forProtocol<Echo>();
  factory->noisy = false;
  return factory;
}

/// Returns a batch of sessions of `chunks` chunks each, which all run in one world.
auto reusing(int chunks) {
  const auto world = std::make_shared<World>(options());
  setPlay(*world, chunks);
  return [world, chunks, factory = echoFactory()](long count) {
    for (; count > 0; --count) {
      world->reset();
      session(*world, factory, 16 * static_cast<std::size_t>(chunks));
    }
  };
}

Round reusedWorld() { return alone(reusing(3), nanoseconds); }

Round freshWorld() {
  return alone(
      [factory = echoFactory()](long count) {
        for (; count > 0; --count) {
          World world(options());
          setPlay(world, 3);
          session(world, factory, 48);
        }
      },
      nanoseconds);
}

/// The cost of each further chunk and its reply, computed from the difference of two sessions.
Round delivery() {
  constexpr int kFew = 3, kMany = 103;
  const auto few = reusing(kFew), many = reusing(kMany);
  const long count = calibrate(many);
  return [=] {
    const double difference = nanosecondsEach(many, count) - nanosecondsEach(few, count);
    return Sample{difference / (kMany - kFew), {}, {}};
  };
}

/// Runs one session for every way to cut 16 bytes. The value is the time of all these sessions.
Round exhaustive() {
  const auto world = std::make_shared<World>(options());
  world->play().connect(0);
  world->play().send(0, "0123456789abcdef");
  return [world, factory = echoFactory()] {
    const double before = threadCpu();
    fakes::Odometer odometer({ChoiceSite::kCut});
    while (odometer.next()) {
      world->reset();
      world->choices().useOdometer(odometer);
      session(*world, factory, 16);
    }
    if (odometer.runs() != 32768)
      throw std::runtime_error("cut in " + std::to_string(odometer.runs()) + " ways instead of 32768");
    return Sample{milliseconds(threadCpu() - before), {}, {}};
  };
}

}  // namespace

void addWorldRows() {
  addRow({"session/world", "ns", reusedWorld});
  addRow({"session/fresh-world", "ns", freshWorld});
  addRow({"delivery/world", "ns", delivery});
  addRow({"exhaustive/16", "ms", exhaustive});
}

}  // namespace teasel::bench
