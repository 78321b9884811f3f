#pragma once

#include <memory>
#include <string>
#include <utility>

#include <teasel/contract/bench.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::contract {

/// Two hosts of a simulated world, in virtual time. Round 0 is calm. Every other round draws cuts,
/// short writes and order from a generator that is seeded with the number of the round, and some
/// rounds also draw delays or small windows.
class WorldBench : public Bench {
 public:
  /// `oneHost`: client and server are one host in every round. Else they are so in some rounds.
  WorldBench(fakes::SimDriver::Mode mode, int round, bool oneHost = false)
      : calm_(round == 0), delays_(round % 3 == 1), world_(std::make_unique<fakes::World>(options(mode, round))) {
    if (round > 0) world_->choices().usePrng(static_cast<std::uint64_t>(round));
    server_ = &world_->host("server");
    client_ = oneHost || round % 5 == 4 ? server_ : &world_->host("client");
  }

  Reactor& server() override { return server_->reactor(); }
  Reactor& client() override { return client_->reactor(); }
  std::string serverHost() const override { return server_->address().host(); }
  bool until(const std::function<bool()>& done, Duration atMost) override {
    // Waiting is free here, and a megabyte takes long with small windows and long delays.
    fakes::Limits limits = kLimits;
    if (atMost != kPatience) limits.virtualTime = atMost;
    return world_->runUntil(done, limits);
  }
  void pass(Duration time) override { world_->advance(time); }
  void work(Duration time) override { world_->takeTime(time); }
  bool run() override {
    return world_->runUntil([this] { return !server().running(); }) && world_->verdict() == nullptr;
  }
  Address deaf() override { return fakes::Network::blackHole(); }
  void checkHealth() override {
    if (world_ == nullptr || world_->verdict() == nullptr) return;
    ADD_FAILURE() << "the world's verdict is \"" << world_->verdict()->oracle << "\": " << world_->verdict()->message;
  }
  void destroy() override { world_.reset(); }
  bool simulated() const noexcept override { return true; }
  bool punctual() const noexcept override { return !delays_; }
  bool exactResets() const noexcept override { return calm_; }
  bool eagerWrites() const noexcept override { return server_->driver().name() == "world_readiness"; }
  /// More than two windows and what completion mode holds.
  std::size_t moreThanFits() const noexcept override { return std::size_t{200} << 10; }
  void expectExceptions() override {
    world_->allow<std::exception>();
    world_->allow<int>();
  }

 private:
  /// With windows of one byte a megabyte takes a million turns, all at one instant.
  static constexpr fakes::Limits kLimits{
      .events = 20'000'000, .eventsAtOneInstant = 10'000'000, .virtualTime = std::chrono::hours(24)};

  fakes::WorldOptions options(fakes::SimDriver::Mode mode, int round) {
    fakes::WorldOptions options{.mode = mode, .limits = kLimits, .log = &log};
    options.faults.latency = delays_;
    options.faults.windows = round % 4 == 3 && !delays_;
    options.faults.stalls = round % 6 == 1;
    return options;
  }
  bool calm_, delays_;
  std::unique_ptr<fakes::World> world_;
  fakes::Host* server_;
  fakes::Host* client_;
};

/// The column of the world in one of its modes, "world_completion" or "world_readiness", with so
/// many seeds.
inline Arm worldArm(fakes::SimDriver::Mode mode, int rounds) {
  return {mode == fakes::SimDriver::Mode::kCompletion ? "world_completion" : "world_readiness", rounds,
          [mode](int round) { return std::make_unique<WorldBench>(mode, round); }};
}

}  // namespace teasel::contract
