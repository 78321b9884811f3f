#pragma once

#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/join.hpp>
#include <teasel/reactor/defer_later.hpp>

namespace teasel::examples {

/// A page that arrives after so many seconds. A page whose name begins with "no" does not exist.
inline Deferred<std::string> fetchPage(Clock& clock, const std::string& url, int seconds) {
  return deferLater(clock, std::chrono::seconds(seconds), [url] {
    if (url.starts_with("no")) throw std::runtime_error(url + " does not exist");
    return "<" + url + ">";
  });
}

/// Waits for several pages at once, and says what became of each. The order is that of the
/// requests.
inline Deferred<void> fetchPages(Clock& clock, std::ostream& out, const std::vector<std::string>& urls) {
  std::vector<Deferred<std::string>> pages;
  pages.reserve(urls.size());
  int seconds = static_cast<int>(urls.size());  // the first one takes longest
  for (const std::string& url : urls)
    pages.push_back(
        fetchPage(clock, url, seconds--).tap([&out](const std::string& page) { out << "arrived: " << page << '\n'; }));
  return deferredList(std::move(pages)).addCallback([&out](const std::vector<Result<std::string>>& results) {
    for (const Result<std::string>& result : results)
      if (result.ok()) out << "(true, " << result.value() << ")\n";
      else out << "(false, " << result.failure().what() << ")\n";
  });
}

}  // namespace teasel::examples
