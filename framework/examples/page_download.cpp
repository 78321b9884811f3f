#include <iostream>

#include <examples/page_download.hpp>
#include <examples/serve.hpp>

using namespace teasel;
using examples::Trouble;

int main(int argc, char** argv) {
  std::string driver = "epoll", trouble = "none";
  examples::Options options("page_download", "A chain of callbacks and errbacks, and the way that a result takes through it.");
  options.add("--trouble", "KIND", "none, unreachable (fails before the first callback) or broken (the first callback throws)",
              trouble);
  options.add("--reactor", "NAME", "how the loop waits: " + examples::knownReactors(), driver);
  return options.run(argc, argv, [&] {
    const Trouble kind = trouble == "none"          ? Trouble::kNone
                         : trouble == "unreachable" ? Trouble::kUnreachable
                         : trouble == "broken"
                             ? Trouble::kBroken
                             : throw std::invalid_argument("--trouble is none, unreachable or broken, not " + trouble);
    Reactor reactor(makeDriver(driver));
    examples::downloadPage(reactor, std::cout, kind);
    reactor.run();
    return 0;
  });
}
