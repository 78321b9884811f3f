#pragma once

#include <memory>

#include <teasel/core/clock.hpp>
#include <teasel/reactor/resolver.hpp>

namespace teasel {

/// Knows "localhost" (127.0.0.1), and IP literals as every Resolver does. It answers every other
/// name with DNSLookupError. The reactor of a driver that brings no resolver has this one.
class LiteralResolver final : public Resolver {
 public:
  using Resolver::Resolver;

 private:
  void ask(std::shared_ptr<Question> question) override;
};

}  // namespace teasel
