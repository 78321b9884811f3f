#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::examples {

/// Sends lines, and hands over the lines that come back.
class LineClient : public LineReceiver {
 public:
  using Heard = std::function<void(std::string_view)>;
  explicit LineClient(Heard heard) : heard_(std::move(heard)) {}
  void lineReceived(std::string_view line) override { heard_(line); }
  /// Says that no more lines will be sent: it ends our direction, and goes on receiving until the
  /// peer closes the connection.
  void finish() { transport().loseWriteConnection(); }

 private:
  Heard heard_;
};

/// Makes one connection to one server, and tells how it began and how it ended.
class LineClientFactory : public ClientFactory {
 public:
  struct Events {
    std::function<void(LineClient&)> made;
    LineClient::Heard heard;
    std::function<void(const Failure&)> ended;  ///< the attempt failed, or the connection is over
  };
  explicit LineClientFactory(Events events) : events_(std::move(events)) { noisy = false; }

  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<LineClient>(events_.heard); }
  void clientConnectionMade(Connector&, const std::shared_ptr<Protocol>& protocol) override {
    events_.made(static_cast<LineClient&>(*protocol));
  }
  void clientConnectionFailed(Connector&, const Failure& why) override { events_.ended(why); }
  void clientConnectionLost(Connector&, const Failure& why) override { events_.ended(why); }

 private:
  Events events_;
};

}  // namespace teasel::examples
