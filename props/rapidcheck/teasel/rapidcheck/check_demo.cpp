// A program with faults, for the tests of the engine and of its main.
#include <cstdlib>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace {

using namespace teasel;
using namespace teasel::fakes;

/// A line feed ends a line only where its carriage return came in the same delivery.
class SplitLines final : public Protocol {
 public:
  explicit SplitLines(World& world) : world_(world) {}
  void dataReceived(ByteView data) override {
    world_.check(!(returned_ && data[0] == '\n'), "split-delimiter");
    returned_ = data[data.size() - 1] == '\r';
  }

 private:
  World& world_;
  bool returned_ = false;
};

class SplitFactory final : public Factory {
 public:
  explicit SplitFactory(World& world) : world_(world) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<SplitLines>(world_); }

 private:
  World& world_;
};

constexpr std::string_view kWords[] = {"\r\n", "hello"};
ScenarioOptions words() {
  ScenarioOptions options;
  options.shape.words = kWords;
  return options;
}

TEASEL_SCENARIO(splits, "breaks where a delimiter is cut in two", words()) {
  world.host().reactor().listenTCP(1, std::make_shared<SplitFactory>(world));
  world.run();
}

/// Fails at a greeting.
class Rude final : public Protocol {
 public:
  void dataReceived(ByteView data) override {
    if (data[0] == 'h') std::abort();
  }
};

TEASEL_SCENARIO(crashes, "ends the process that it runs in", words()) {
  world.host().reactor().listenTCP(1, Factory::forProtocol<Rude>());
  world.run();
}

/// Never returns from a greeting.
class Stubborn final : public Protocol {
 public:
  void dataReceived(ByteView data) override {
    if (data[0] != 'h') return;
    for (volatile bool forever = true; forever;) {
    }
  }
};

TEASEL_SCENARIO(hangs, "never returns", words()) {
  world.host().reactor().listenTCP(1, Factory::forProtocol<Stubborn>());
  world.run();
}

/// Keeps what no scenario should keep: how much it was ever sent.
TEASEL_SCENARIO(remembers, "breaks because of what earlier cases left behind") {
  static std::size_t ever = 0;
  ever += world.play().byteCount();
  world.host().reactor().listenTCP(1, Factory::forProtocol<Protocol>());
  world.run();
  world.check(ever < 2000, "too-much-ever");
}

TEASEL_SCENARIO(says, "quotes what CTest takes for a skipped test") {
  world.host().reactor().listenTCP(1, Factory::forProtocol<Protocol>());
  world.run();
  world.fail("said", "[  SKIPPED ] it");
}

TEASEL_SCENARIO(warns, "holds, and warns") {
  world.host().reactor().listenTCP(1, Factory::forProtocol<Protocol>());
  world.run();
  world.warn("nothing was looked at");
}

TEASEL_SCENARIO(holds, "breaks never") {
  world.host().reactor().listenTCP(1, Factory::forProtocol<Protocol>());
  world.run();
}

}  // namespace
