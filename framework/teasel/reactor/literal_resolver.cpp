#include <teasel/reactor/literal_resolver.hpp>

#include <teasel/core/errors.hpp>

namespace teasel {

void LiteralResolver::ask(std::shared_ptr<Question> question) {
  if (isLocalhost(question->name())) return question->answer({Address::ipv4(127, 0, 0, 1, 0)});
  question->fail(Failure(
      DNSLookupError("cannot resolve \"" + question->name() + "\": only IP literals and localhost are known here"), Site{}));
}

}  // namespace teasel
