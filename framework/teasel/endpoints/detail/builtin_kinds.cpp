#include <teasel/endpoints/detail/builtin_kinds.hpp>

#include <array>

#include <teasel/endpoints/endpoint_kinds.hpp>
#include <teasel/endpoints/haproxy_endpoint.hpp>
#include <teasel/endpoints/hostname_endpoint.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::detail {

namespace {

using Family = Address::Family;
using Server = std::unique_ptr<StreamServerEndpoint>;
using Client = std::unique_ptr<StreamClientEndpoint>;
constexpr int kMaxBacklog = 65535;
constexpr int kTimeout = 30;  // seconds

/// A HostnameEndpoint with addresses of one family only.
class OneFamilyEndpoint final : public HostnameEndpoint {
 public:
  OneFamilyEndpoint(Reactor& reactor, const EndpointArguments& given, Family family)
      : HostnameEndpoint(To{reactor, given.text("host"), given.port("port", 1), given.seconds("timeout", kTimeout),
                            given.address("bindAddress", family), kAttemptDelay, family}) {}
};

EndpointKinds::ServerParser tcpServer(std::optional<Family> family) {
  return [family](Reactor& reactor, const EndpointArguments& given) -> Server {
    Address interface = given.address("interface", family);
    if (interface.family() == Family::kNone)
      interface = family == Family::kIPv6 ? *Address::parse("::", 0) : Address::ipv4(0, 0, 0, 0, 0);
    return std::make_unique<TCP4ServerEndpoint>(reactor, given.port("port"), given.number("backlog", 0, kMaxBacklog, 50),
                                                interface.host());
  };
}

/// A literal that cannot belong to the kind is refused here, and a name when it is resolved.
void checkHost(const EndpointArguments& given, std::optional<Family> family) {
  const std::string& host = given.text("host");
  if (host.empty()) given.fail("host", "host is empty");
  const auto literal = Address::parse(host, 0);
  if (literal && family && literal->family() != *family) given.address("host", family);
}

EndpointKinds::ClientParser tcpClient(std::optional<Family> family) {
  return [family](Reactor& reactor, const EndpointArguments& given) -> Client {
    checkHost(given, family);
    if (family) return std::make_unique<OneFamilyEndpoint>(reactor, given, *family);
    return std::make_unique<HostnameEndpoint>(reactor, given.text("host"), given.port("port", 1),
                                              given.seconds("timeout", kTimeout), given.address("bindAddress"));
  };
}

Server unixServer(Reactor& reactor, const EndpointArguments& given) {
  std::string path = given.unixPath("address");
  const bool abstract = path[0] == '\0';
  UnixListenOptions options;
  options.mode = given.mode("mode", 0666);
  options.backlog = given.number("backlog", 0, kMaxBacklog, 50);
  options.wantPID = given.flag("lockfile", !abstract);
  if (options.wantPID && abstract) given.fail("lockfile", "an abstract name has no lock file");
  return std::make_unique<UNIXServerEndpoint>(reactor, std::move(path), options);
}

Client unixClient(Reactor& reactor, const EndpointArguments& given) {
  std::string path = given.unixPath("path");
  const bool checkPID = given.flag("lockfile", false);
  if (checkPID && path[0] == '\0') given.fail("lockfile", "an abstract name has no lock file");
  return std::make_unique<UNIXClientEndpoint>(reactor, std::move(path), given.seconds("timeout", kTimeout), checkPID);
}

Server adopted(Reactor& reactor, const EndpointArguments& given) {
  constexpr int kMost = 1'000'000;
  return std::make_unique<AdoptedStreamServerEndpoint>(reactor, given.number("fd", 0, kMost));
}

/// `domain` is what Twisted needs to know. The socket itself says what it is, so the value only has
/// to make sense.
Server systemd(Reactor& reactor, const EndpointArguments& given) {
  constexpr std::array<std::string_view, 3> kDomains = {"INET", "INET6", "UNIX"};
  if (const std::string domain = given.text("domain", "INET");
      std::find(kDomains.begin(), kDomains.end(), domain) == kDomains.end())
    given.fail("domain", "domain is not INET, INET6 or UNIX");
  if (given.has("index") == given.has("name")) given.fail("index", "systemd needs index or name, and not both");
  const ListenFDs inherited = reactor.driver().listenFDs();
  if (!inherited.why().empty()) given.unavailable("", "no sockets were passed to this process: " + inherited.why());
  // These descriptors stay open: the manager keeps its own, so closing them would end nothing, and
  // a service that is started again finds its socket.
  constexpr bool kCloses = false;
  if (given.has("index")) {
    const int last = static_cast<int>(inherited.sockets().size()) - 1;
    return std::make_unique<AdoptedStreamServerEndpoint>(reactor, ListenFDs::kFirst + given.number("index", 0, last), kCloses);
  }
  const auto fd = inherited.named(given.text("name"));
  if (!fd) {
    std::string names;
    for (const ListenFDs::Inherited& each : inherited.sockets()) names += (names.empty() ? "" : ", ") + each.name;
    given.unavailable("name", "no socket of this name was passed to this process; there are " + names);
  }
  return std::make_unique<AdoptedStreamServerEndpoint>(reactor, *fd, kCloses);
}

/// A kind that Twisted has and this build lacks.
template <class Endpoint>
auto missing(std::string what) {
  return [what = std::move(what)](Reactor&, const EndpointArguments& given) -> std::unique_ptr<Endpoint> {
    given.unavailable("", "this build of Teasel has no " + what);
  };
}

}  // namespace

void registerBuiltinKinds(EndpointKinds& kinds) {
  const std::string rest(EndpointKinds::kRest);
  const std::vector<std::string> server = {"port", "interface", "backlog"}, client = {"host", "port", "timeout", "bindAddress"};
  const std::pair<const char*, std::optional<Family>> families[] = {
      {"tcp", std::nullopt}, {"tcp4", Family::kIPv4}, {"tcp6", Family::kIPv6}};
  for (const auto& [name, family] : families) {
    kinds.registerServerEndpoint(name, server, tcpServer(family));
    kinds.registerClientEndpoint(name, client, tcpClient(family));
  }
  kinds.registerServerEndpoint("unix", {"address", "mode", "backlog", "lockfile"}, unixServer);
  kinds.registerClientEndpoint("unix", {"path", "lockfile", "timeout"}, unixClient);
  kinds.registerServerEndpoint("adopted", {"fd"}, adopted);
  kinds.registerServerEndpoint("systemd", {"domain", "index", "name"}, systemd);
  kinds.registerServerEndpoint("haproxy", {rest}, [](Reactor& reactor, const EndpointArguments& given) -> Server {
    return proxyEndpoint(reactor, given.wrappedServer(reactor));
  });
  const std::pair<const char*, const char*> lacking[] = {{"ssl", "TLS"},
                                                         {"tls", "TLS"},
                                                         {"stdio", "endpoint on standard input and output"},
                                                         {"process", "endpoint of a child process"}};
  for (const auto& [name, what] : lacking) {
    kinds.registerServerEndpoint(name, {rest}, missing<StreamServerEndpoint>(what));
    kinds.registerClientEndpoint(name, {rest}, missing<StreamClientEndpoint>(what));
  }
}

}  // namespace teasel::detail
