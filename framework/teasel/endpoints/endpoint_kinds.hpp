#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/endpoints/endpoint_string.hpp>
#include <teasel/endpoints/endpoints.hpp>

namespace teasel {

class EndpointKinds;

/// The arguments of an endpoint string, for the parser of its kind. A value without a key belongs
/// to the first key of the kind that is not there yet. All calls throw EndpointStringError, which
/// points to the value, or to the end of the string if a value is missing that must be there.
class EndpointArguments {
 public:
  /// EndpointKinds makes it. Throws EndpointStringError for a key that the kind does not have, and
  /// for more values than keys.
  EndpointArguments(const EndpointKinds& kinds, const EndpointString& string, const std::vector<std::string>& keys);

  bool has(std::string_view key) const noexcept { return find(key) != nullptr; }
  /// The value as it is. The first form must be there.
  const std::string& text(std::string_view key) const;
  std::string text(std::string_view key, std::string_view otherwise) const;
  /// A number in decimal digits: no sign, no blanks.
  int number(std::string_view key, int least, int most) const;
  int number(std::string_view key, int least, int most, int otherwise) const;
  /// A port from `least` to 65535.
  int port(std::string_view key, int least = 0) const { return number(key, least, 65535); }
  /// 0 or 1.
  bool flag(std::string_view key, bool otherwise) const { return number(key, 0, 1, otherwise ? 1 : 0) == 1; }
  /// Whole seconds, at most a day.
  Duration seconds(std::string_view key, int otherwise) const;
  /// Permissions in octal digits, from 0 to 7777.
  int mode(std::string_view key, int otherwise) const;
  /// An IP address with port 0, of `family` if one is given. Without the key the address "none".
  Address address(std::string_view key, std::optional<Address::Family> family = std::nullopt) const;
  /// The path of a UNIX socket. "@name" is the abstract name NUL "name"; "./@name" is a file.
  std::string unixPath(std::string_view key) const;

  /// What stands behind the kind and its colon, as it was written. For kinds with the key kRest.
  std::string_view rest() const noexcept;
  /// The endpoint that rest() describes: for a kind that wraps another one.
  std::unique_ptr<StreamServerEndpoint> wrappedServer(Reactor& reactor) const;

  /// Throws an EndpointStringError that points to the value of `key`, or to the end of the string.
  [[noreturn]] void fail(std::string_view key, std::string problem) const;
  /// Throws one of kind kUnavailable, which points to the value of `key`, or to the kind.
  [[noreturn]] void unavailable(std::string_view key, std::string problem) const;

 private:
  struct Value {
    std::string text;
    std::size_t at = 0;
    bool given = false;
  };
  const Value* find(std::string_view key) const noexcept;
  const Value& require(std::string_view key) const;
  std::size_t placeOf(std::string_view key) const noexcept;

  const EndpointKinds& kinds_;
  const EndpointString& string_;
  const std::vector<std::string>& keys_;
  std::vector<Value> values_;  // as keys_
};

/// The kinds of endpoints that strings can name, and the functions that make them. A new one has
/// the kinds of Teasel. It is a value: what is registered with one is not known to another, and
/// nothing is global.
///
///     EndpointKinds kinds;
///     kinds.registerServerEndpoint(
///         "quic", {"port"}, [](Reactor& reactor, const EndpointArguments& given) {
///           return std::make_unique<QuicEndpoint>(reactor, given.port("port"));
///         });
///     kinds.serverFromString(reactor, "quic:443")->listen(factory);
class EndpointKinds {
 public:
  using ServerParser = std::function<std::unique_ptr<StreamServerEndpoint>(Reactor&, const EndpointArguments&)>;
  using ClientParser = std::function<std::unique_ptr<StreamClientEndpoint>(Reactor&, const EndpointArguments&)>;
  /// As the only key of a kind: its parser gets the rest of the string as it is.
  static constexpr std::string_view kRest = "*";

  EndpointKinds();

  /// Adds a kind. `keys` are its keys, in the order of values without keys. Throws UsageError for a
  /// name that is empty, has one of ":=\" or is taken, and for an empty function.
  void registerServerEndpoint(std::string name, std::vector<std::string> keys, ServerParser parser);
  void registerClientEndpoint(std::string name, std::vector<std::string> keys, ClientParser parser);
  /// The names, in alphabetical order.
  std::vector<std::string> serverKinds() const;
  std::vector<std::string> clientKinds() const;

  /// As the functions below, with these kinds.
  std::unique_ptr<StreamServerEndpoint> serverFromString(Reactor& reactor, std::string_view text) const;
  std::unique_ptr<StreamClientEndpoint> clientFromString(Reactor& reactor, std::string_view text) const;

 private:
  template <class Parser>
  struct Kind {
    std::vector<std::string> keys;
    Parser parser;
  };
  std::map<std::string, Kind<ServerParser>, std::less<>> servers_;
  std::map<std::string, Kind<ClientParser>, std::less<>> clients_;
};

/// Makes the server endpoint that a string describes. The kinds of Teasel and their keys:
///
///     tcp:PORT:interface=ADDRESS:backlog=50     on an IPv4 or IPv6 address; 0.0.0.0 without one
///     tcp4, tcp6                                the same, on addresses of one family only
///     unix:ADDRESS:mode=666:backlog=50:lockfile=1   ADDRESS is a path, or "@name" (abstract)
///     adopted:FD                                a descriptor that listens already
///     systemd:domain=INET:index=0, systemd:name=NAME   a socket that systemd passes
///     haproxy:STRING                            any other, behind a proxy that sends PROXY headers
///
/// The system decides whether "::", which is the address of tcp6 without an interface, takes IPv4
/// clients, too. Linux lets it, unless net.ipv6.bindv6only is set; the peer is "::ffff:10.0.0.1"
/// then, and no tcp4 can have the same port.
///
/// ssl, tls, stdio and process are known, and this build has none of them. Nothing is opened before
/// `listen`. Throws EndpointStringError. `reactor` must outlive the endpoint.
std::unique_ptr<StreamServerEndpoint> serverFromString(Reactor& reactor, std::string_view text);

/// Makes the client endpoint that a string describes:
///
///     tcp:HOST:PORT:timeout=30:bindAddress=ADDRESS   HOST is a name or an IP address
///     tcp4, tcp6                                the same, with addresses of one family only
///     unix:PATH:lockfile=0:timeout=30           with lockfile=1 only if a process holds the lock
///
/// As for serverFromString otherwise.
std::unique_ptr<StreamClientEndpoint> clientFromString(Reactor& reactor, std::string_view text);

}  // namespace teasel
