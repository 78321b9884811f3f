#include <teasel/reactor/literal_resolver.hpp>

#include <teasel/core/errors.hpp>

namespace teasel {

void LiteralResolver::resolve(const std::string& name, std::uint16_t port, Answer answer) {
  clock_.callLater(Duration::zero(), [alive = std::weak_ptr(alive_), name, port, answer = std::move(answer)]() mutable {
    if (alive.expired()) return;
    if (const auto address = Address::parse(name == "localhost" ? "127.0.0.1" : std::string_view(name), port))
      answer({*address}, Failure());
    else answer({}, Failure(DNSLookupError("cannot resolve \"" + name + "\": only IP literals and localhost are known here")));
  });
}

}  // namespace teasel
