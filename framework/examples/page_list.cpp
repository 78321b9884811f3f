#include <iostream>

#include <examples/page_list.hpp>
#include <examples/serve.hpp>
#include <teasel/reactor/react.hpp>

using namespace teasel;

int main(int argc, char** argv) {
  std::string driver = "epoll";
  std::vector<std::string> pages;
  examples::Options options("page_list",
                            "Several Deferreds joined by a DeferredList: results and failures in the order of asking.");
  options.add("--page", "NAME", "a page to fetch, one that begins with 'no' fails; may be given several times", pages);
  options.add("--reactor", "NAME", "how the loop waits: " + examples::knownReactors(), driver);
  return options.run(argc, argv, [&] {
    if (pages.empty()) pages = {"one.example", "nowhere.example", "three.example"};
    Reactor reactor(makeDriver(driver));
    return react(reactor, [&](Reactor& clock) { return examples::fetchPages(clock, std::cout, pages); });
  });
}
