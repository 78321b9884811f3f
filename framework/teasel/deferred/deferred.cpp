#include <teasel/deferred/deferred.hpp>

#include <exception>

#include <teasel/core/byte_view.hpp>

namespace teasel::detail {

Failure currentFailure(Site site) {
  if (std::current_exception() == nullptr) {
    throw UsageError("errback at " + site.text() + " without argument, and no exception is being handled");
  }
  return Failure::current(site);
}

std::string shownNumber(long long value) { return std::to_string(value); }

std::string shownNumber(unsigned long long value) { return std::to_string(value); }

std::string shownText(std::string_view value) { return '"' + escaped(ByteView(value)) + '"'; }

std::string shownType(const std::type_info& type) { return "of type " + typeName(type); }

Failure timedOut(Duration after, Site site) {
  const std::string text = "no result within " + durationText(after) + " (addTimeout at " + site.text() + ")";
  return Failure(TimeoutError(text), site);
}

}  // namespace teasel::detail
