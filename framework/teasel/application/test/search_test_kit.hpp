#pragma once

// A world in which a client comes back to its server, and each of its attempts goes as the test
// says. It is no part of the library.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <teasel/fakes/play/odometer.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::test {

/// How an attempt goes. The link is held in kHeld, and cut in kTimeOut.
enum class Outcome : std::uint8_t { kAccepted, kRefused, kReset, kTimeOut, kHeld };

/// Two hosts. On "server", connections are accepted, closed after kServed or reset at once, or
/// refused.
class SearchWorld {
 public:
  static constexpr Duration kServed = std::chrono::seconds(10);
  SearchWorld() : world({.trace = fakes::Trace::Mode::kHash}) { reset(); }
  ~SearchWorld() { end(); }
  SearchWorld(const SearchWorld&) = delete;
  SearchWorld& operator=(const SearchWorld&) = delete;

  Reactor& client() { return world.host("client").reactor(); }
  Reactor& server() { return world.host("server").reactor(); }
  std::string address() { return world.host("server").address().host(); }
  Instant now() const { return world.now(); }

  /// As new.
  void reset() {
    end();
    world.reset();
    client(), server();
    served_ = std::make_shared<Served>(*this);
    listen(true);
  }
  /// The next attempt goes so.
  void arrange(Outcome outcome) {
    next = outcome;
    world.repair("client", "server");
    listen(outcome != Outcome::kRefused);
    if (outcome == Outcome::kTimeOut) world.partition("client", "server");
    if (outcome == Outcome::kHeld) world.hold("client", "server");
  }
  void end() {
    if (port_ != nullptr) port_->stopListening();
    port_.reset();
    served_.reset();
    world.settle();
  }

  fakes::World world;
  Outcome next = Outcome::kAccepted;

 private:
  class Serves final : public Protocol {
   public:
    explicit Serves(SearchWorld& search) : search_(search) {}
    void connectionMade() override {
      if (search_.next == Outcome::kReset) return transport().abortConnection();
      close_ = search_.server().callLater(kServed, [this] { transport().loseConnection(); });
    }
    void connectionLost(const Failure&) override { close_.cancelIfActive(); }

   private:
    SearchWorld& search_;
    DelayedCall close_;
  };
  class Served final : public Factory {
   public:
    explicit Served(SearchWorld& search) : search_(search) { noisy = false; }
    std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Serves>(search_); }

   private:
    SearchWorld& search_;
  };
  void listen(bool listening) {
    if (listening == (port_ != nullptr)) return;
    if (listening) port_ = server().listenTCP(8000, served_);
    else std::exchange(port_, nullptr)->stopListening();
  }

  std::shared_ptr<Factory> served_;
  std::shared_ptr<Port> port_;
};

/// A test of a client that makes seven attempts, of which six go in each of the ways that a `Way`
/// names, and the last is refused. The values of Way count up from 0 and name kRefused.
template <class Way>
class AttemptSearch : public testing::Test {
 protected:
  /// Makes a client, whose first attempt follows. The client calls nextWay as each attempt begins.
  virtual void begin() = 0;
  /// Ends the client, and checks that it left nothing.
  virtual void end() = 0;
  /// Tries all sequences. `first` is what is expected before the first attempt; its `at` is
  /// set here. `after(way)` sets `at` to the time of the attempt that follows. `names` are the
  /// names of the ways.
  template <class Expected, std::size_t kWays>
  void searchAll(const Expected& first, const char* const (&names)[kWays]);

 public:
  SearchWorld search;
  std::function<Way()> nextWay;
};

template <class Way>
template <class Expected, std::size_t kWays>
void AttemptSearch<Way>::searchAll(const Expected& first, const char* const (&names)[kWays]) {
  fakes::Odometer odometer{{fakes::kUserSites}, {.runs = 50'000}};
  fakes::Choices choices;
  std::vector<Way> ways;
  std::vector<Instant> began;
  nextWay = [&] {
    began.push_back(search.now());
    if (ways.size() == 6) return Way::kRefused;
    return ways.emplace_back(static_cast<Way>(choices.below(kWays, fakes::ChoiceKey(0, fakes::kUserSites))));
  };
  while (odometer.next()) {
    choices.useOdometer(odometer);
    ways.clear(), began.clear();
    Expected expected = first;
    expected.at = search.now();
    begin();
    ASSERT_TRUE(search.world.runUntil([&] { return began.size() == 7; }));
    std::string path;
    for (std::size_t i = 0; i < 6; ++i) {
      path += std::string(names[static_cast<std::size_t>(ways[i])]) + ", ";
      expected.after(ways[i]);
      ASSERT_EQ(began[i + 1], expected.at) << path << "attempt " << i + 2;
    }
    end();
    if (HasFatalFailure()) FAIL() << path;
    search.reset();
  }
  EXPECT_EQ(odometer.runs(), 46'656u);
}

}  // namespace teasel::test
