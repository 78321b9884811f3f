#include <iostream>

#include <examples/inline_callbacks.hpp>
#include <examples/serve.hpp>
#include <teasel/reactor/react.hpp>

using namespace teasel;

int main(int argc, char** argv) {
  std::string driver = "epoll";
  int milliseconds = 5000;
  examples::Options options("inline_callbacks", "A coroutine that waits for a result, and then for a failure.");
  options.add("--wait", "MS", "how long each takes", milliseconds);
  options.add("--reactor", "NAME", "how the loop waits: " + examples::knownReactors(), driver);
  return options.run(argc, argv, [&] {
    Reactor reactor(makeDriver(driver));
    return react(reactor, [&](Reactor& clock) {
      Deferred<int> result = examples::myCallbacks(clock, std::cout, std::chrono::milliseconds(milliseconds));
      std::cout << "it waits; what it returned is a Deferred\n" << std::flush;
      Deferred<void> told = result.addCallback([](int value) { std::cout << "the Deferred has its result: " << value << '\n'; });
      return told;
    });
  });
}
