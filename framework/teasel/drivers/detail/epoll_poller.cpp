#include <teasel/drivers/detail/poller.hpp>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/system.hpp>

#if TEASEL_LINUX_SYSTEM
#include <array>
#include <cerrno>
#include <climits>

#include <sys/epoll.h>
#include <unistd.h>

#include <teasel/drivers/detail/posix/clock.hpp>
#endif

namespace teasel::detail {

#if TEASEL_LINUX_SYSTEM

namespace {

static_assert(Poller::kRead == EPOLLIN && Poller::kWrite == EPOLLOUT && Poller::kError == EPOLLERR &&
              Poller::kHangUp == EPOLLHUP);

class EpollPoller final : public Poller {
 public:
  EpollPoller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (descriptor_ < 0) throw DriverUnavailable("epoll: epoll_create1 failed: " + posix::errorText(errno));
  }
  ~EpollPoller() override { ::close(descriptor_); }

  std::string_view name() const noexcept override { return "epoll"; }

  int change(int descriptor, std::uint64_t key, Bits before, Bits after) override {
    epoll_event event{};
    event.events = after & (kRead | kWrite);
    event.data.u64 = key;
    const int operation = after == 0 ? EPOLL_CTL_DEL : before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    return ::epoll_ctl(descriptor_, operation, descriptor, &event) == 0 ? 0 : errno;
  }

  // The kernel forgets a descriptor by itself only when nobody else has the same description open:
  // the owner of an adopted socket, a child process. Otherwise it goes on reporting it, and a port
  // that is adopted again is refused. Asked for every descriptor, because a driver cannot know what
  // was forked; the call costs less than a hundredth of a short connection.
  void forget(int descriptor, Bits) noexcept override {
    static_cast<void>(::epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, nullptr));
  }

  [[gnu::hot]] std::span<const Ready> wait(Duration maxWait) override {
    const int count = waitForEvents(maxWait);
    for (int i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      ready_[at] = {events_[at].data.u64, events_[at].events};
    }
    return {ready_.data(), static_cast<std::size_t>(count < 0 ? 0 : count)};
  }

 private:
  int waitForEvents(Duration maxWait) noexcept {
    const auto size = static_cast<int>(events_.size());
    if (maxWait <= Duration::zero()) return ::epoll_wait(descriptor_, events_.data(), size, 0);
    if (maxWait == Duration::max()) return ::epoll_wait(descriptor_, events_.data(), size, -1);
    if (nanoseconds_) {
      const timespec wait = posix::toTimespec(maxWait);
      const int count = ::epoll_pwait2(descriptor_, events_.data(), size, &wait, nullptr);
      if (count >= 0 || errno != ENOSYS) return count;
      nanoseconds_ = false;  // before Linux 5.11
    }
    // The wait is rounded up. Otherwise polls would spin until a timer that is due in less than a
    // millisecond.
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(maxWait).count();
    return ::epoll_wait(descriptor_, events_.data(), size, wait > INT_MAX ? INT_MAX : static_cast<int>(wait));
  }

  int descriptor_;
  bool nanoseconds_ = true;
  std::array<epoll_event, 1024> events_;
  std::array<Ready, 1024> ready_;
};

}  // namespace

std::unique_ptr<Poller> makeEpollPoller() { return std::make_unique<EpollPoller>(); }

#else

std::unique_ptr<Poller> makeEpollPoller() { throw DriverUnavailable("epoll: this system has none"); }

#endif

}  // namespace teasel::detail
