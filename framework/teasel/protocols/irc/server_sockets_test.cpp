#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <teasel/drivers/drivers.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocols/irc/server.hpp>
#include <teasel/protocols/line_receiver.hpp>
#include <teasel/reactor/reactor.hpp>

/// Two thousand clients in one channel, on real sockets of loopback.
namespace teasel::irc {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kCrowd = 1950, kDeaf = 50, kSpeakers = 4, kMessagesEach = 50, kConnectingAtOnce = 40;
constexpr std::size_t kSendQueue = std::size_t{256} << 10;

/// What the clients have in common.
struct Channel {
  std::size_t made = 0, registered = 0, in = 0, complete = 0;
  std::string wrong;
};

/// Joins, and counts what it hears: each speaker's messages must come in order, without a gap.
class Listener : public LineReceiver {
 public:
  Listener(Channel& channel, std::string nick) : channel_(channel), nick_(std::move(nick)) {}
  void connectionMade() override {
    ++channel_.made;
    sendLine("NICK " + nick_);
    sendLine("USER " + nick_ + " 0 * :" + nick_);
  }
  void lineReceived(std::string_view line) override {
    if (line.starts_with("PING ")) return sendLine(std::string(line).replace(1, 1, "O"));
    if (line.starts_with(":irc.example 422 ")) ++channel_.registered;
    if (line.starts_with(":irc.example 366 ")) ++channel_.in;
    if (line.find(" QUIT :Max SendQ exceeded") != std::string_view::npos) ++cutOff;
    const std::size_t at = line.find(" PRIVMSG #big :");
    if (at == std::string_view::npos) return;
    const auto number = std::stoul(std::string(line.substr(at + 15)));
    if (number != ++heard_[std::string(line.substr(1, line.find('!') - 1))]) channel_.wrong = nick_ + " got " + std::string(line);
    hash = (hash ^ number ^ static_cast<unsigned char>(line[1])) * 0x1000'0000'01B3ull;
    if (++heard == kMessagesEach * kSpeakers) ++channel_.complete;
  }
  void connectionLost(const Failure& reason) override {
    if (!ending && channel_.wrong.empty()) channel_.wrong = nick_ + " lost its connection: " + reason.what();
  }
  std::size_t heard = 0, cutOff = 0;
  std::uint64_t hash = 0;  // of what came, in its order
  static inline bool ending = false;

 private:
  Channel& channel_;
  std::string nick_;
  std::map<std::string, unsigned long> heard_;
};

struct Listeners : ClientFactory {
  Listeners(std::shared_ptr<Protocol> itsOne, Channel& itsChannel) : one(std::move(itsOne)), channel(itsChannel) {
    noisy = false;
  }
  // Handed over: a protocol keeps its factory.
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::move(one); }
  void clientConnectionFailed(Connector&, const Failure& reason) override { channel.wrong = reason.what(); }
  std::shared_ptr<Protocol> one;
  Channel& channel;
};

/// A client that joins, asks for all members again and again, and never reads.
int deafClient(std::uint16_t port, std::size_t number) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int small = 4096;
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return -1;
  const std::string nick = "deaf" + std::to_string(number);
  std::string text = "NICK " + nick + "\r\nUSER d 0 * :d\r\nJOIN #big\r\n";
  for (int i = 0; i < 100; ++i) text += "WHO #big\r\n";
  if (send(descriptor, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) return -1;
  return descriptor;
}

class ServerSockets : public testing::Test {
 protected:
  void SetUp() override {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 5000) GTEST_SKIP() << "only " << limit.rlim_max << " descriptors are allowed";
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, 5000);
    setrlimit(RLIMIT_NOFILE, &limit);
    options.limits.connections = 5000;
    options.limits.sendQueue = kSendQueue;
    // So an answer is no reason to wait: who does not read is cut off by the queue alone.
    options.limits.answerQueue = kSendQueue;
    options.flood.interval = Duration::zero();
    server = std::make_shared<IRCFactory>(reactor, options);
    server->noisy = false;
    port = reactor.listenTCP(0, server, 200, "127.0.0.1");
    reactor.startRunning();
  }
  void TearDown() override {
    if (server == nullptr) return;
    Listener::ending = true;
    for (const int descriptor : deaf) close(descriptor);
    reactor.stop();
    reactor.shutdown();
  }

  void connect(const std::shared_ptr<Listener>& client) {
    reactor.connectTCP("127.0.0.1", port->getHost().port(), std::make_shared<Listeners>(client, channel));
    ++asked;
    turnsUntil([&] { return asked - channel.made < kConnectingAtOnce; });
  }
  /// Takes turns until `done()`. Fails after a while.
  template <class Done>
  void turnsUntil(Done done) {
    const auto late = std::chrono::steady_clock::now() + 90s;
    while (!done() && channel.wrong.empty()) {
      reactor.turn(10ms);
      most = std::max(most, residentKilobytes());
      if (std::chrono::steady_clock::now() > late) channel.wrong = "too slow";
    }
    ASSERT_EQ(channel.wrong, "");
  }
  /// The memory of this process that is in use now.
  static long residentKilobytes() {
    long pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
  }

  Reactor reactor{makeDriver("epoll")};
  ServerOptions options;
  std::shared_ptr<IRCFactory> server;
  std::shared_ptr<Port> port;
  Channel channel;
  std::vector<std::shared_ptr<Listener>> crowd;
  std::vector<int> deaf;
  std::size_t asked = 0;
  long most = 0;  // of residentKilobytes
};

TEST_F(ServerSockets, TwoThousandClientsHearAllMessagesInOrderAndFiftyThatNeverReadAreCutOff) {
  for (std::size_t at = 0; at < kCrowd + kSpeakers; ++at) {
    const std::string nick =
        at < kCrowd ? "u" + std::to_string(at) : std::string(1, static_cast<char>('a' + at - kCrowd)) + "-speaks";
    crowd.push_back(std::make_shared<Listener>(channel, nick));
    connect(crowd.back());
  }
  turnsUntil([&] { return channel.registered == crowd.size(); });
  // All at once, so that many who join are told in one write.
  for (const auto& client : crowd) client->sendLine("JOIN #big");
  turnsUntil([&] { return channel.in == crowd.size(); });
  EXPECT_EQ(server->members("#big").size(), kCrowd + kSpeakers);
  const long before = most = residentKilobytes();

  for (std::size_t at = 0; at < kDeaf; ++at) deaf.push_back(deafClient(port->getHost().port(), at));
  EXPECT_EQ(std::ranges::count(deaf, -1), 0);
  turnsUntil([&] { return server->users() == kCrowd + kSpeakers + kDeaf || crowd[0]->cutOff > 0; });
  const std::clock_t cpu = std::clock();
  for (std::size_t message = 1; message <= kMessagesEach; ++message) {
    for (std::size_t at = 0; at < kSpeakers; ++at) crowd[kCrowd + at]->sendLine("PRIVMSG #big :" + std::to_string(message));
    reactor.turn(0ms);
  }
  turnsUntil([&] { return channel.complete == kCrowd; });
  const double seconds = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  turnsUntil([&] { return std::ranges::all_of(crowd, [](const auto& client) { return client->cutOff == kDeaf; }); });
  const long grown = most - before;

  EXPECT_EQ(server->connections(), kCrowd + kSpeakers);
  for (std::size_t at = 1; at < kCrowd; ++at) ASSERT_EQ(crowd[at]->hash, crowd[0]->hash) << at;
  // What waited for those who never read, and as much again for what allocators do.
  EXPECT_LT(grown, static_cast<long>(2 * kDeaf * kSendQueue / 1024) + 64 * 1024);
  std::printf("%zu deliveries, %.1f s of CPU, memory grew by %ld KiB\n", kCrowd * kSpeakers * kMessagesEach, seconds, grown);
}

}  // namespace
}  // namespace teasel::irc
