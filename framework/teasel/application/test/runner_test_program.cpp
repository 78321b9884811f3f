#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <teasel/application/run.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocols/line_receiver.hpp>
#include <teasel/reactor/defer_later.hpp>

/// A program that run_program_test.cpp runs. --mode says how its service behaves.

namespace {

using namespace teasel;

class Echo : public LineReceiver {
  void lineReceived(std::string_view line) override { sendLine(line); }
};

void log(std::string_view message) { Logger("test").info(message); }

/// Behaves as its mode says, and logs what is asked of it.
class Behaving : public Service {
 public:
  Behaving(Launch& launch, std::string mode, int stopMs) : launch_(launch), mode_(std::move(mode)), stopMs_(stopMs) {}

  void startService() override {
    if (mode_ == "fails") throw std::runtime_error("the service does not want to start");
    Service::startService();
    log("the service is started");
    Reactor& reactor = launch_.reactor;
    if (mode_ == "fails-later") reactor.callLater(std::chrono::milliseconds(10), [this] { launch_.fail("the service broke"); });
    if (mode_ == "ends") reactor.callLater(std::chrono::milliseconds(10), [&reactor] { reactor.stop(); });
    if (mode_ == "speaks") speak();
    if (mode_ == "hangs")
      reactor.callLater(std::chrono::milliseconds(10), [] {
        log("the service hangs");
        const std::atomic<bool> never{false};
        never.wait(false);
      });
    if (mode_ == "logs-failure")
      reactor.callLater(std::chrono::milliseconds(10), [] {
        Logger("test").failure("line one\nline two \x1b", Failure(std::runtime_error("a \"quoted\" reason")));
      });
  }
  /// Logs numbers.
  void speak() {
    log("number " + std::to_string(++said_));
    launch_.reactor.callLater(std::chrono::milliseconds(2), [this] { speak(); });
  }
  Deferred<void> stopService() override {
    log("the service stops");
    if (mode_ == "stuck") return never_;
    if (mode_ == "stop-fails") return fail<void>(Failure(std::runtime_error("the service does not want to stop")));
    return deferLater(launch_.reactor, std::chrono::milliseconds(stopMs_), [this] {
      log("the service has stopped");
      static_cast<void>(Service::stopService());
    });
  }

 private:
  Launch& launch_;
  std::string mode_;
  int stopMs_;
  Deferred<void> never_;
  int said_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::string mode = "runs";
  int stopMs = 0;
  bool twice = false;
  Application application("runner_test_program", "A program for tests.", "7.8");
  application.listens("tcp:0:interface=127.0.0.1")
      .add("mode", "MODE", "how the service behaves", mode)
      .add("stop-ms", "MS", "how long it takes to stop", stopMs)
      .add("twice", "listen twice on everything", twice);
  return application.run(argc, argv, [&](Launch& launch) -> std::shared_ptr<Service> {
    if (mode == "none") return nullptr;
    if (mode == "bad-option") throw ConfigurationError("--mode cannot be 'bad-option'");
    const auto factory = Factory::forProtocol<Echo>();
    factory->noisy = false;
    const auto all = std::make_shared<MultiService>();
    all->addService(launch.serve(factory));
    if (twice) all->addService(launch.serve(factory));
    all->addService(std::make_shared<Behaving>(launch, mode, stopMs));
    return all;
  });
}
