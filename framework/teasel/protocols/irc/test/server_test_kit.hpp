#pragma once

// A world with an IRC server and clients that a test moves by hand.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <teasel/core/logger.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocols/irc/server.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::irc::test {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// Replaces all.
inline std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) text.replace(at, what.size(), by);
  return text;
}

/// Test cases about a server. Flood protection is off unless a test sets `options.flood`. What a
/// client received is shown with "|" for each end of line, "S" for the server and "host" for the
/// host of every client.
class ServerTest : public testing::Test {
 protected:
  ServerTest() { options.flood.interval = Duration::zero(); }

  /// Makes the server listen; the first client does it by itself.
  void listen() {
    factory = std::make_shared<IRCFactory>(reactor(), options, realm);
    listen(factory);
  }
  void listen(const std::shared_ptr<IRCFactory>& server) {
    factory = server;
    factory->noisy = false;
    reactor().listenTCP(6667, factory);
  }
  Reactor& reactor() { return world.host("server").reactor(); }

  /// A client that has sent nothing yet.
  fakes::RemotePeer& connect() {
    if (factory == nullptr) listen();
    fakes::RemotePeer& peer = world.connect(next_++);
    world.settle();
    return peer;
  }
  /// A client that is registered with this nick as its user name, too.
  fakes::RemotePeer& user(const std::string& nick) {
    fakes::RemotePeer& peer = connect();
    say(peer, "NICK " + nick + "\r\nUSER " + nick + " 0 * :" + nick + " the user");
    EXPECT_TRUE(factory->findUser(nick) != nullptr && factory->findUser(nick)->registered()) << nick;
    return peer;
  }
  /// A registered client that is in a channel.
  fakes::RemotePeer& member(const std::string& nick, const std::string& channel) {
    fakes::RemotePeer& peer = user(nick);
    say(peer, "JOIN " + channel);
    return peer;
  }

  /// Sends a line and gives all that this client has received since it was asked last.
  std::string say(fakes::RemotePeer& peer, const std::string& line) {
    peer.send(line + "\r\n");
    world.settle();
    return heard(peer);
  }
  std::string heard(fakes::RemotePeer& peer) {
    std::string text = replaced(replaced(peer.takeReceived(), "198.51.100.1", "host"), "\r\n", "|");
    return replaced(std::move(text), ":irc.example ", ":S ");
  }
  /// Forgets what clients have received.
  template <class... Peers>
  void quiet(Peers&... peers) {
    (heard(peers), ...);
  }

 public:
  // The members die in the reverse order: the world first, which ends the connections.
  ServerOptions options;
  std::shared_ptr<WordsRealm> realm = std::make_shared<InMemoryWordsRealm>();
  std::shared_ptr<IRCFactory> factory;
  LogCapture log;
  fakes::World world{fakes::WorldOptions{.log = &log}};

 private:
  unsigned next_ = 0;
};

}  // namespace teasel::irc::test
