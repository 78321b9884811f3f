#pragma once

#include <memory>
#include <string>
#include <utility>

#include <teasel/protocol/factory.hpp>

namespace teasel::examples {

/// What both kinds of factory share with their protocols.
class Quoting : public Factory {
 public:
  explicit Quoting(std::string text = "An apple a day keeps the doctor away") : quote(std::move(text)) {}
  const std::string quote;
};

/// Quote of the day (RFC 865): sends one quote, then closes the connection.
class QOTD : public Protocol {
 public:
  void connectionMade() override {
    // The port has set the factory of this protocol.
    transport().write(static_cast<const Quoting&>(*factory()).quote + "\r\n");
    transport().loseConnection();
  }
};

/// The first way to build protocols: say which class, and the default buildProtocol makes them.
class QOTDFactory : public Quoting {
 public:
  template <class... Args>
  explicit QOTDFactory(Args&&... args) : Quoting(std::forward<Args>(args)...) {
    setProtocol<QOTD>();
  }
};

/// The second way: override buildProtocol. It may choose a protocol for each peer, or return
/// nullptr to refuse the peer.
class BuildingQOTDFactory : public Quoting {
 public:
  using Quoting::Quoting;
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<QOTD>(); }
};

}  // namespace teasel::examples
