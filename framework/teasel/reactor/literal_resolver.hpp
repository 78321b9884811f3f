#pragma once

#include <memory>

#include <teasel/core/clock.hpp>
#include <teasel/reactor/resolver.hpp>

namespace teasel {

/// Knows IP literals and "localhost" (127.0.0.1). It answers every other name with DNSLookupError.
/// A new reactor has this resolver.
class LiteralResolver final : public Resolver {
 public:
  /// Answers come by callLater of `clock`, which must outlive the resolver.
  explicit LiteralResolver(Clock& clock) noexcept : clock_(clock) {}
  void resolve(const std::string& name, std::uint16_t port, Answer answer) override;

 private:
  Clock& clock_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace teasel
