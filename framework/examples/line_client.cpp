#include <examples/line_client.hpp>

#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include <examples/serve.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/protocol/connector.hpp>

using namespace teasel;

namespace {

/// Reads standard input in a thread of its own, because the loop must not wait for a person. The
/// thread may outlive this object while it waits for input. What it reads then is dropped.
class StandardInput {
 public:
  StandardInput(Reactor& reactor, std::function<void(const std::string*)> line) : link_(std::make_shared<Link>()) {
    link_->reactor = &reactor;
    link_->line = std::move(line);
    std::thread([link = link_] {
      for (std::string text; std::getline(std::cin, text);) link->post(std::make_shared<std::string>(text));
      link->post(nullptr);
    }).detach();
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;
  ~StandardInput() {
    const std::lock_guard lock(link_->mutex);
    link_->reactor = nullptr;
  }

 private:
  struct Link : std::enable_shared_from_this<Link> {
    void post(const std::shared_ptr<std::string>& text) {
      const std::lock_guard lock(mutex);
      if (reactor != nullptr) reactor->callFromThread([link = shared_from_this(), text] { link->line(text.get()); });
    }
    std::mutex mutex;
    Reactor* reactor = nullptr;
    std::function<void(const std::string*)> line;
  };
  std::shared_ptr<Link> link_;
};

struct Arguments {
  std::string host = "127.0.0.1", reactor = "epoll";
  int port = 8123;
  std::vector<std::string> say;
  bool stay = false;
};

int talk(const Arguments& arguments) {
  Reactor reactor(makeDriver(arguments.reactor));
  int status = 0;
  std::unique_ptr<StandardInput> input;
  const auto made = [&](examples::LineClient& client) {
    for (const std::string& line : arguments.say) client.sendLine(line);
    if (!arguments.say.empty()) {
      if (!arguments.stay) client.finish();
      return;
    }
    const std::weak_ptr<Protocol> weak = std::static_pointer_cast<Protocol>(client.shared_from_this());
    input = std::make_unique<StandardInput>(reactor, [weak, stay = arguments.stay](const std::string* line) {
      const auto alive = std::static_pointer_cast<examples::LineClient>(weak.lock());
      if (alive == nullptr) return;
      if (line != nullptr) alive->sendLine(*line);
      else if (!stay) alive->finish();
    });
  };
  const auto heard = [](std::string_view line) { std::cout << line << '\n' << std::flush; };
  const auto ended = [&](const Failure& why) {
    if (why.check<ConnectionDone>() == nullptr && !reactor.stopRequested() && reactor.running()) {
      std::cerr << "line_client: " << why.what() << '\n';
      status = 1;
    }
    if (reactor.running() && !reactor.stopRequested()) reactor.stop();
  };
  const auto factory = std::make_shared<examples::LineClientFactory>(examples::LineClientFactory::Events{made, heard, ended});
  reactor.connectTCP(arguments.host, arguments.port, factory);
  examples::runUntilInterrupted(reactor);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  examples::Options options("line_client",
                            "Sends lines (--say, or standard input) to a server and prints the lines that come back.");
  options.add("--host", "ADDRESS", "the server", arguments.host);
  options.add("--port", "N", "the server's port", arguments.port);
  options.add("--reactor", "NAME", "how the loop waits: " + examples::knownReactors(), arguments.reactor);
  options.add("--say", "LINE", "a line to send; may be given several times", arguments.say);
  options.add("--stay", "go on listening when there is nothing more to say", arguments.stay);
  const int status = options.run(argc, argv, [&] { return talk(arguments); });
  // The thread may still be reading standard input. A normal exit would destroy its streams.
  std::fflush(stdout);
  std::_Exit(status);
}
