#pragma once

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include <teasel/contract/loopback_bench.hpp>
#include <teasel/contract/world_bench.hpp>

namespace teasel::contract {

/// A bench whose pairs talk over UNIX sockets. `Base` says where.
template <class Base>
class OverUnix : public Base {
 public:
  using Base::Base;
  std::shared_ptr<Port> listen(const std::shared_ptr<Factory>& factory) override {
    return this->server().listenUNIX(freePath(), this->dressed(factory));
  }
  std::shared_ptr<Connector> connect(const std::shared_ptr<ClientFactory>& factory, const Port& port, Duration timeout) override {
    return this->client().connectUNIX(port.getHost().path(), this->dressed(factory), timeout);
  }
  bool unixSockets() const noexcept override { return true; }
  std::string freePath() override { return folder() + "/s" + std::to_string(++paths_); }

 protected:
  virtual std::string folder() { return "/run"; }

 private:
  int paths_ = 0;
};

/// Real drivers. The sockets are in a folder of their own, which the bench removes.
class UnixLoopbackBench final : public OverUnix<LoopbackBench> {
 public:
  using OverUnix::OverUnix;
  ~UnixLoopbackBench() override {
    destroy();  // the ports remove their files
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  /// More than the socket buffers hold (208 KiB each by default).
  std::size_t moreThanFits() const noexcept override { return std::size_t{4} << 20; }

 protected:
  std::string folder() override {
    if (folder_.empty()) {
      std::random_device random;
      do folder_ = (std::filesystem::temp_directory_path() / ("teasel-" + std::to_string(random()))).string();
      while (!std::filesystem::create_directory(folder_));
    }
    return folder_;
  }

 private:
  std::string folder_;
};

/// The world. Both ends are on one host.
class UnixWorldBench final : public OverUnix<WorldBench> {
 public:
  UnixWorldBench(fakes::SimDriver::Mode mode, int round) : OverUnix(mode, round, true) {}
};

/// The columns of a driver and of the world over UNIX sockets. The names end in "_unix".
inline Arm unixArm(const std::string& name, DriverFactory make, bool eagerWrites = true) {
  return {name + "_unix", 2, [make = std::move(make), eagerWrites](int round) {
            return std::make_unique<UnixLoopbackBench>(make, round % 2 == 1, eagerWrites);
          }};
}
inline Arm unixWorldArm(fakes::SimDriver::Mode mode, int rounds) {
  return {mode == fakes::SimDriver::Mode::kCompletion ? "world_completion_unix" : "world_readiness_unix", rounds,
          [mode](int round) { return std::make_unique<UnixWorldBench>(mode, round); }};
}

}  // namespace teasel::contract
