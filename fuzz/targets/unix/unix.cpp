#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::targets {
namespace {

constexpr std::string_view kWords[] = {"ping\r\n", "x"};
constexpr std::size_t kMaxClients = 16, kMaxPorts = 16;
/// Two paths and an abstract name.
const std::array<std::string, 3> kNames = {"/run/one", "/run/two", std::string("\0three", 6)};

/// What application operations do. Their argument, modulo 3, is the name. The argument divided by 3
/// says how: kListen with a lock, kConnect to abort, to check the lock; kFile to remove it.
enum Op : std::uint8_t { kListen, kStop, kConnect, kFile, kOps };

fakes::ScenarioOptions unixOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.appOps = kOps;
  options.shape.connections = 3;
  options.play.hosts = 1;
  options.world.faults.listen = options.world.faults.refuse = {1, 32};
  options.world.faults.crash = {1, 64};
  return options;
}

class Echo final : public Protocol {
 public:
  void dataReceived(ByteView data) override { transport().write(data); }
};

/// Says "ping" and closes when it has come back, or aborts.
class Pinger final : public Protocol {
 public:
  explicit Pinger(bool aborts) : aborts_(aborts) {}
  void connectionMade() override { transport().write("ping"); }
  void dataReceived(ByteView data) override {
    received += data.text();
    if (aborts_) transport().abortConnection();
    else if (received.size() >= 4) transport().loseConnection();
  }
  std::string received;

 private:
  bool aborts_;
};

class Pingers final : public ClientFactory {
 public:
  Pingers(fakes::World& world, bool aborts) : world_(world), aborts_(aborts) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    world_.check(peer.family() == Address::Family::kUnix && !peer.path().empty(), "unix-peer");
    made = std::make_shared<Pinger>(aborts_);
    return made;
  }
  void clientConnectionFailed(Connector&, const Failure& why) override {
    const bool known = why.check<UnknownHostError>() != nullptr || why.check<ConnectionRefusedError>() != nullptr ||
                       why.check<BadFileError>() != nullptr || why.check<TimeoutError>() != nullptr ||
                       why.check<UserError>() != nullptr;
    world_.check(known, "unix-connect-failure");
  }
  std::shared_ptr<Pinger> made;

 private:
  fakes::World& world_;
  bool aborts_;
};

/// A host that listens on UNIX sockets, and a model of what is in its file system.
class Service {
 public:
  explicit Service(fakes::World& world) : world_(world), watch_(world) {
    host().onStart([this](Reactor&) {
      noticeCrash();
      listen(0, false);
    });
    world.onApp([this](unsigned op, std::uint64_t argument) { perform(op % kOps, argument); });
  }
  void finish() {
    world_.onApp([](unsigned, std::uint64_t) {});
    host().onStart([](Reactor&) {});
    noticeCrash();
    // The end of the run has stopped what still listened.
    for (const Listening& each : ports_)
      if (each.hasName && !each.port->listening()) names_[each.name] = Name::kNothing;
    checkFiles();
    watch_.finish();
    for (const auto& pingers : clients_)
      if (pingers->made != nullptr) world_.check(std::string_view("ping").starts_with(pingers->made->received), "unix-echo");
    for (const auto& pingers : clients_) pingers->made.reset();  // each protocol holds its factory
    ports_.clear();
  }

 private:
  enum class Name : std::uint8_t { kNothing, kListening, kLeftover, kFile };
  struct Listening {
    std::shared_ptr<Port> port;
    std::size_t name;
    bool hasName, hasLock;
  };
  fakes::Host& host() { return world_.host("host"); }

  void perform(unsigned op, std::uint64_t argument) {
    noticeCrash();
    const std::size_t name = argument % kNames.size();
    const std::uint64_t how = argument / kNames.size();
    switch (op) {
      case kListen: listen(name, (how & 1) != 0); break;
      case kStop: stop(name); break;
      case kConnect: connect(name, (how & 1) != 0, (how & 2) != 0); break;
      case kFile: (how & 1) != 0 ? remove(name) : put(name); break;
      default: break;
    }
    checkFiles();
  }

  bool lockHeld(std::size_t name) const {
    for (const Listening& each : ports_)
      if (each.name == name && each.hasLock) return true;
    return false;
  }

  void listen(std::size_t name, bool lock) {
    if (ports_.size() == kMaxPorts) return;
    const bool noLock = lock && name == 2;  // an abstract name has none
    const bool free = names_[name] == Name::kNothing || names_[name] == Name::kLeftover;
    const bool may = host().up() && free && !(lock && lockHeld(name));
    try {
      auto factory = Factory::forProtocol<Echo>();
      factory->noisy = false;
      auto port = host().reactor().listenUNIX(kNames[name], watch_.over(factory), {.wantPID = lock});
      world_.check(may && !noLock, "unix-listened-where-it-may-not");
      world_.check(port->getHost() == Address::unixPath(kNames[name]), "unix-host");
      ports_.push_back({std::move(port), name, true, lock});
      names_[name] = Name::kListening;
    } catch (const CannotListenError& why) {
      const bool drawn = std::string_view(why.what()).find("a fault was drawn") != std::string_view::npos;
      world_.check(!may || drawn, "unix-did-not-listen-where-it-may");
    } catch (const UsageError&) {
      world_.check(noLock, "unix-usage");
    }
  }

  void stop(std::size_t name) {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      if (ports_[i].name != name) continue;
      ports_[i].port->stopListening();
      if (ports_[i].hasName) names_[name] = Name::kNothing;
      ports_.erase(ports_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }

  void connect(std::size_t name, bool aborts, bool checkPID) {
    if (clients_.size() == kMaxClients || !host().up()) return;
    clients_.push_back(std::make_shared<Pingers>(world_, aborts));
    host().reactor().connectUNIX(kNames[name], watch_.overClient(clients_.back()), std::chrono::seconds(30),
                                 checkPID && name != 2);
  }

  void put(std::size_t name) {
    host().putFile(kNames[name]);
    loseName(name);
    names_[name] = Name::kFile;
  }

  void remove(std::size_t name) {
    world_.check(host().removeFile(kNames[name]) == (names_[name] != Name::kNothing), "unix-remove");
    loseName(name);
    names_[name] = Name::kNothing;
  }

  /// The port that listens under the name cannot be reached any more.
  void loseName(std::size_t name) {
    for (Listening& each : ports_)
      if (each.name == name) each.hasName = false;
  }

  /// A crash leaves files behind, and frees abstract names and locks.
  void noticeCrash() {
    if (host().crashes() == crashes_) return;
    crashes_ = host().crashes();
    for (const Listening& each : ports_)
      if (each.hasName) names_[each.name] = each.name == 2 ? Name::kNothing : Name::kLeftover;
    ports_.clear();
  }

  void checkFiles() {
    for (std::size_t i = 0; i < kNames.size(); ++i)
      world_.check(host().hasFile(kNames[i]) == (names_[i] != Name::kNothing), "unix-files");
  }

  fakes::World& world_;
  props::Watch watch_;
  std::array<Name, kNames.size()> names_{};
  std::vector<Listening> ports_;
  std::vector<std::shared_ptr<Pingers>> clients_;
  std::uint32_t crashes_ = 0;
};

TEASEL_SCENARIO(unix, "UNIX sockets of a host: listening, taking over what a crash left, locks and connecting, against a model",
                unixOptions()) {
  Service service(world);
  world.run();
  service.finish();
}

}  // namespace
}  // namespace teasel::targets
