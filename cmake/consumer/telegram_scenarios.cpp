#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/properties.hpp>

#include "telegram.hpp"

namespace {

/// Reports what it hears, for deliveries in other cuts to be compared with.
class Reporting final : public Telegram {
 public:
  explicit Reporting(teasel::props::EventLog& log) : log_(log) {}

 protected:
  void telegramReceived(char kind, teasel::ByteView payload) override {
    log_.event("telegram", std::string(1, kind) + payload.str());
    Telegram::telegramReceived(kind, payload);
  }

 private:
  teasel::props::EventLog& log_;
};

constexpr std::string_view kWords[] = {{"a\0\1\7", 4}, {"p\0\2hi", 5}, {"t\0\0", 3}, {"q\0\0", 3}, "a", "\2"};

teasel::fakes::ScenarioOptions options() {
  teasel::fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.connections = 1;
  return options;
}

}  // namespace

TEASEL_SCENARIO(telegram, "what it hears, says and takes does not depend on how its input is cut", options()) {
  const teasel::props::Subject subject = [](teasel::Reactor&, teasel::props::EventLog& log) {
    return std::make_shared<Reporting>(log);
  };
  if (teasel::props::serve(world, subject) && teasel::props::chunkInvariance(world, subject))
    teasel::props::boundedHeap(world, subject);
}
