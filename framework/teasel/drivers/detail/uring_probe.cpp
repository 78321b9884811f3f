#include <teasel/drivers/detail/uring_probe.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/drivers/detail/posix/clock.hpp>
#include <teasel/drivers/detail/posix/sockets.hpp>
#include <teasel/drivers/detail/posix/uring.hpp>
#include <teasel/drivers/detail/uring_feature_names.hpp>

namespace teasel::detail {

namespace {

constexpr Logger kLog("io_uring");
constexpr std::size_t kFeatures = std::size(kUringFeatureNames);
constexpr std::size_t kIncremental = 0, kBundles = 1;
static_assert(kUringFeatureNames[kIncremental].member == &UringFeatures::incremental &&
              kUringFeatureNames[kBundles].member == &UringFeatures::bundles);
/// How long a probe waits for one completion. A kernel that does it right needs microseconds.
constexpr Duration kPatience = std::chrono::milliseconds(100);
/// Sizes that fall short of buffers of 64 bytes, fill them, and go beyond them.
constexpr std::size_t kOddPieces[] = {1, 7, 63, 64, 65, 130, 3, 191, 64, 64, 200, 29, 1, 128, 127};
constexpr std::uint64_t kProbed = 1;

struct ProbeFailed {
  std::string why;
};

/// Both ends of a stream.
struct Ends {
  int one = -1, two = -1;
  Ends() = default;
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    if (one >= 0) ::close(one);
    if (two >= 0) ::close(two);
  }
  void openUnix() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      throw ProbeFailed{"socketpair: " + posix::errorText(errno)};
    one = ends[0], two = ends[1];
  }
  void openTCP() {
    Failure why;
    const int port = posix::openListener(Address::ipv4(127, 0, 0, 1, 0), 1, posix::Blocking::kYes, why);
    if (port < 0) throw ProbeFailed{"no socket on loopback to try it on"};
    const posix::SocketAddress at = posix::toNative(posix::localAddress(port));
    one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = one >= 0 && ::connect(one, at.get(), at.length) == 0;
    if (connected) two = ::accept4(port, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(port);
    if (two < 0) throw ProbeFailed{"no connection over loopback to try it on"};
  }
};

std::string pattern(std::size_t from, std::size_t size) {
  std::string out;
  for (std::size_t i = from; i < from + size; ++i) out += static_cast<char>(i * 31 + (i >> 8));
  return out;
}

/// Appends what a receive brings.
struct Gatherer final : StreamSink {
  void onConnected() override {}
  void onData(Chunk& chunk) override { got += chunk.text(); }
  void onEof() override {}
  void onWritten(std::size_t) override {}
  void onWriteError(const Failure&) override {}
  void onError(const Failure&) override {}
  std::string got;
};

/// A multishot receive on a small ring of small buffers, as the driver uses it.
class ReceiveProbe {
 public:
  explicit ReceiveProbe(const UringFeatures& features) : features_(features), ring_({4, 64, true, features, 8, 64}) {
    ends_.openUnix();
  }

  /// `ahead`: everything waits before the receive is armed.
  void run(bool ahead) {
    if (!ahead) arm();
    std::size_t all = 0;
    for (const std::size_t size : kOddPieces) {
      const std::string bytes = pattern(all, size);
      if (::send(ends_.one, bytes.data(), size, MSG_NOSIGNAL) != static_cast<ssize_t>(size))
        throw ProbeFailed{"the socket takes nothing"};
      all += size;
      if (!ahead) gather(all);
    }
    gather(all);
    ::shutdown(ends_.one, SHUT_WR);
    while (!ended_) turn();
    if (sink_.got != pattern(0, all)) throw ProbeFailed{"it receives more than was sent"};
  }
  /// The other end sends, then goes with input unread, before the receive is armed.
  void runToReset() {
    const std::string bytes = pattern(0, 17);
    if (::send(ends_.two, "x", 1, MSG_NOSIGNAL) != 1 || ::send(ends_.one, bytes.data(), bytes.size(), MSG_NOSIGNAL) != 17)
      throw ProbeFailed{"the socket takes nothing"};
    ::close(std::exchange(ends_.one, -1));
    gather(bytes.size());
    try {
      while (!reset_) turn();
    } catch (const ProbeFailed&) {
      throw ProbeFailed{"it forgets a reset behind bytes"};
    }
  }

 private:
  void arm() {
    io_uring_sqe& sqe = ring_.entry();
    io_uring_prep_recv_multishot(&sqe, ends_.two, nullptr, 0, 0);
    sqe.flags |= IOSQE_BUFFER_SELECT;
    sqe.buf_group = posix::Uring::kBufferGroup;
    if (features_.bundles) sqe.ioprio |= posix::kernel::kBundle;
    if (features_.pollFirst) sqe.ioprio |= posix::kernel::kPollFirst;
    sqe.user_data = kProbed;
    armed_ = true;
  }
  void gather(std::size_t all) {
    while (sink_.got.size() < all) {
      if (ended_) throw ProbeFailed{"it receives less than was sent"};
      turn();
    }
    if (sink_.got != pattern(0, sink_.got.size())) throw ProbeFailed{"it mixes up the bytes"};
  }
  void turn() {
    if (!armed_) arm();
    ring_.enter(kPatience);
    if (ring_.ready() == 0) throw ProbeFailed{"it receives nothing"};
    for (std::uint32_t count = ring_.ready(); count > 0; --count) {
      const posix::Uring::Completion completion = ring_.take();
      armed_ = (completion.flags & IORING_CQE_F_MORE) != 0;
      if ((completion.flags & IORING_CQE_F_BUFFER) != 0)
        for (posix::Uring::Pieces pieces(ring_, completion); pieces.any(); pieces.pop())
          if (pieces.front().size > 0)
            ring_.buffer(pieces.front().id).deliverPiece(sink_, pieces.front().from, pieces.front().size);
      if (completion.result == 0) ended_ = true;
      if (completion.result == -ECONNRESET) reset_ = true;
      else if (completion.result < 0 && completion.result != -ENOBUFS) throw ProbeFailed{posix::errorText(-completion.result)};
      if (sink_.got.size() > 65536) throw ProbeFailed{"it receives more than was sent"};
    }
  }

  UringFeatures features_;
  Ends ends_;
  posix::Uring ring_;
  Gatherer sink_;
  bool armed_ = false, ended_ = false, reset_ = false;
};

void probeReceive(const UringFeatures& features) {
  for (const bool ahead : {false, true}) ReceiveProbe(features).run(ahead);
  ReceiveProbe(features).runToReset();
}

void probeZeroCopy() {
  Ends ends;
  ends.openTCP();
  posix::Uring ring({1, 64, true, UringFeatures::none(), 8, 64});
  std::size_t all = 0;
  for (const std::size_t size : kOddPieces) {
    const std::string bytes = pattern(all, size);
    io_uring_sqe& sqe = ring.entry();
    io_uring_prep_send_zc(&sqe, ends.one, bytes.data(), size, MSG_NOSIGNAL | MSG_WAITALL, posix::kernel::kReportUsage);
    sqe.user_data = kProbed;
    std::string got(size, '\0');
    bool sent = false, notified = false;
    while (!sent || !notified) {
      ring.enter(kPatience);
      if (ring.ready() == 0) throw ProbeFailed{sent ? "no notification comes" : "it sends nothing"};
      for (std::uint32_t count = ring.ready(); count > 0; --count) {
        const posix::Uring::Completion completion = ring.take();
        const bool more = (completion.flags & IORING_CQE_F_MORE) != 0;
        if ((completion.flags & IORING_CQE_F_NOTIF) != 0) {
          notified = true;
          continue;
        }
        sent = true;
        if (completion.result < 0) throw ProbeFailed{posix::errorText(-completion.result)};
        if (!more || static_cast<std::size_t>(completion.result) != size) throw ProbeFailed{"it does not send all of the bytes"};
        if (::recv(ends.two, got.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size) || got != bytes)
          throw ProbeFailed{"it mixes up the bytes"};
      }
    }
    all += size;
  }
}

void probeRegisteredWait() {
  UringFeatures only = UringFeatures::none();
  only.registeredWait = true;
  posix::Uring ring({1, 64, true, only, 8, 64});
  const Duration wait = std::chrono::milliseconds(1);
  const Instant before = posix::monotonicNow();
  const int result = ring.enter(wait);
  if (result == -EINTR) return;  // it has waited
  if (result != -ETIME) throw ProbeFailed{result < 0 ? posix::errorText(-result) : "a wait does not end by its time limit"};
  if (posix::monotonicNow() - before < wait) throw ProbeFailed{"a wait ends before its time limit"};
}

void probe(std::size_t index) {
  UringFeatures only = UringFeatures::none();
  only.*kUringFeatureNames[index].member = true;
  if (only.zeroCopy) probeZeroCopy();
  else if (only.registeredWait) probeRegisteredWait();
  else probeReceive(only);
}

template <class Try>
std::string outcome(Try&& attempt) {
  try {
    attempt();
    return {};
  } catch (const ProbeFailed& failed) {
    return "this kernel does not have it or gets it wrong: " + failed.why;
  } catch (const std::exception& error) {
    return "this kernel does not have it: " + std::string(error.what());
  }
}

/// Empty where the kernel has the feature; else why it is not used. A feature is probed once, when
/// a driver first wants it.
const std::string& whyNot(std::size_t index) {
  static std::array<std::string, kFeatures> why;
  static std::array<std::once_flag, kFeatures> once;
  std::call_once(once[index], [index] {
    why[index] = outcome([index] { probe(index); });
    if (!why[index].empty() || index != kBundles || !whyNot(kIncremental).empty()) return;
    // Kernels have had one each and got both together wrong.
    UringFeatures both = UringFeatures::none();
    both.incremental = both.bundles = true;
    why[index] = outcome([&] { probeReceive(both); });
    if (!why[index].empty()) why[index] += " (together with incremental)";
  });
  return why[index];
}

/// Calls missing(index, why) for each feature of `wanted` that is not here.
template <class Missing>
UringFeatures whatIsHere(const UringFeatures& wanted, Missing&& missing) {
  UringFeatures here = wanted;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    bool& feature = here.*kUringFeatureNames[i].member;
    if (!feature || whyNot(i).empty()) continue;
    feature = false;
    missing(i, "io_uring goes without " + std::string(kUringFeatureNames[i].name) + ": " + whyNot(i));
  }
  return here;
}

/// Throws DriverUnavailable where no ring can be made. Then no feature is to blame, and none is
/// probed.
void requireRing() {
  static std::atomic<bool> made{false};
  if (made) return;
  const posix::Uring ring({1, 64, true, UringFeatures::none(), 8, 64});
  made = true;
}

}  // namespace

UringFeatures featuresToUse(const UringOptions& options) {
  requireRing();
  static std::array<std::atomic<bool>, kFeatures> said{};
  return whatIsHere(options.features, [&](std::size_t index, const std::string& line) {
    if (options.required.*kUringFeatureNames[index].member) throw DriverUnavailable(line);
    if (!said[index].exchange(true)) kLog.info(line);
  });
}

}  // namespace teasel::detail

namespace teasel {

UringFeatures uringFeaturesHere(const UringFeatures& wanted, std::string& missing) {
  missing.clear();
  return detail::whatIsHere(wanted,
                            [&](std::size_t, const std::string& line) { missing += missing.empty() ? line : '\n' + line; });
}

}  // namespace teasel
