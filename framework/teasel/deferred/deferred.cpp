#include <teasel/deferred/deferred.hpp>

#include <exception>

namespace teasel::detail {

Failure currentFailure(Site site) {
  if (std::current_exception() == nullptr) {
    throw UsageError("errback at " + site.text() + " without argument, and no exception is being handled");
  }
  return Failure::current(site);
}

Failure timedOut(Duration after, Site site) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(after).count();
  const std::string text = "no result within " + std::to_string(milliseconds) + " ms (addTimeout at " + site.text() + ")";
  return Failure(TimeoutError(text), site);
}

}  // namespace teasel::detail
