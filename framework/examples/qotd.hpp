#pragma once

#include <memory>
#include <string>
#include <utility>

#include <teasel/protocol/factory.hpp>

namespace teasel::examples {

/// What the factories of both kinds share with their protocols.
class Quoting : public Factory {
 public:
  explicit Quoting(std::string text = "An apple a day keeps the doctor away") : quote(std::move(text)) {}
  const std::string quote;
};

/// Quote of the day (RFC 865): one quote, then good-bye.
class QOTD : public Protocol {
 public:
  void connectionMade() override {
    // Whoever asked the factory for this protocol has set its factory.
    transport().write(static_cast<const Quoting&>(*factory()).quote + "\r\n");
    transport().loseConnection();
  }
};

/// The first way: say which protocol, and the default buildProtocol makes them.
class QOTDFactory : public Quoting {
 public:
  template <class... Args>
  explicit QOTDFactory(Args&&... args) : Quoting(std::forward<Args>(args)...) {
    setProtocol<QOTD>();
  }
};

/// The second way: override buildProtocol, to choose or to refuse (by returning nullptr) for each
/// peer.
class BuildingQOTDFactory : public Quoting {
 public:
  using Quoting::Quoting;
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<QOTD>(); }
};

}  // namespace teasel::examples
