// Scenarios for scenario_main_test: one that holds, and one for each way in which a protocol can
// break.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include <teasel/fakes/program/inner_run.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

using namespace teasel;
using namespace teasel::fakes;

namespace {

enum class Fault : std::uint8_t { kNone, kForgets, kKeepsView, kAborts, kSpins, kSays, kAbortsAfterB, kExits };

/// Counts the bytes that it gets. A '!' as the first byte of a delivery shows the fault, unless it
/// is the first delivery of the connection.
class Counter final : public Protocol {
 public:
  Counter(World& world, Fault fault) : world_(world), fault_(fault) {}
  void dataReceived(ByteView data) override {
    if (fault_ == Fault::kAbortsAfterB && data[0] == 'a' && count_ != 0) std::abort();
    if (deliveries_++ == 0) first_ = data;
    else if (data[0] == '!') show(data);
    count_ += data.size();
  }

 private:
  void show(ByteView data) {
    switch (fault_) {
      case Fault::kNone:
      case Fault::kAbortsAfterB: return;
      case Fault::kSays: world_.fail("said", std::string(data.text())); return;
      case Fault::kForgets: world_.fail("forgotten", std::to_string(count_) + " bytes are not counted any more"); return;
      case Fault::kKeepsView: count_ += first_[0] == 'x' ? 1 : 0; return;
      case Fault::kAborts: std::abort();
      case Fault::kExits: std::exit(0);
      case Fault::kSpins:
        for (volatile bool forever = true; forever;) {
        }
    }
  }
  World& world_;
  Fault fault_;
  ByteView first_;
  std::size_t count_ = 0;
  int deliveries_ = 0;
};

class CounterFactory final : public Factory {
 public:
  CounterFactory(World& world, Fault fault) : world_(world), fault_(fault) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Counter>(world_, fault_); }

 private:
  World& world_;
  Fault fault_;
};

void play(World& world, Fault fault) {
  world.host().reactor().listenTCP(1, std::make_shared<CounterFactory>(world, fault));
  world.run();
}

ScenarioOptions options() {
  static constexpr std::string_view kWords[] = {"!"};
  ScenarioOptions options;
  options.play.connections = 1;
  options.shape.connections = 1;
  options.shape.words = kWords;
  return options;
}

TEASEL_SCENARIO(holds, "counts every byte", options()) { play(world, Fault::kNone); }
TEASEL_SCENARIO(forgets, "loses its count", options()) { play(world, Fault::kForgets); }
TEASEL_SCENARIO(keeps_view, "reads a view past its callback", options()) { play(world, Fault::kKeepsView); }
TEASEL_SCENARIO(aborts, "calls abort", options()) { play(world, Fault::kAborts); }
TEASEL_SCENARIO(spins, "never returns", options()) { play(world, Fault::kSpins); }
TEASEL_SCENARIO(exits, "calls exit(0)", options()) { play(world, Fault::kExits); }
TEASEL_SCENARIO(says, "quotes its input", options()) { play(world, Fault::kSays); }

TEASEL_SCENARIO(deaf, "listens nowhere") {
  world.host();
  world.run();
}
TEASEL_SCENARIO(mute, "listens nowhere, and says that this is so", {.talks = false}) {
  world.host();
  world.run();
}

TEASEL_SCENARIO(hoards, "keeps more than 100 bytes", options()) {
  play(world, Fault::kNone);
  const std::uint64_t bytes = world.play().byteCount();
  if (bytes > 100) world.fail("hoard", "too much", Excess{.measured = bytes, .allowed = 100, .marginPercent = 50});
}

/// Keeps what no scenario should keep: how often it ran.
TEASEL_SCENARIO(remembers, "breaks in its third run", options()) {
  static int runs = 0;
  play(world, Fault::kNone);
  world.check(++runs != 3, "third-run");
}

/// As a property does: it plays the input in a world of its own, the second time the other way
/// round.
TEASEL_SCENARIO(aborts_inside, "calls abort in a run of a property", options()) {
  play(world, Fault::kNone);
  World own;
  for (unsigned number = 1; number <= 2; ++number) {
    own.reset();
    const InnerRun inner(own, "inner-oracle", number == 1 ? "forwards" : "backwards", number);
    own.play().clear();
    const auto sent = world.play().events().empty() ? ByteView() : world.play().bytes(world.play().events().back());
    std::string bytes(sent.text());
    if (number == 2) std::reverse(bytes.begin(), bytes.end());
    for (const char each : bytes) own.play().send(0, ByteView(std::string(1, each))), own.play().cut(0);
    own.host().reactor().listenTCP(1, std::make_shared<CounterFactory>(own, Fault::kAbortsAfterB));
    own.run();
  }
}

}  // namespace
