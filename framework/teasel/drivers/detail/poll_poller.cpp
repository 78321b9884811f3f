#include <teasel/drivers/detail/poller.hpp>

#include <cstddef>
#include <vector>

#include <poll.h>

#include <teasel/drivers/detail/posix/system.hpp>

namespace teasel::detail {

namespace {

static_assert(Poller::kRead == POLLIN && Poller::kWrite == POLLOUT && Poller::kError == POLLERR && Poller::kHangUp == POLLHUP);

class PollPoller final : public Poller {
 public:
  std::string_view name() const noexcept override { return "poll"; }

  int change(int descriptor, std::uint64_t key, Bits before, Bits after) override {
    if (after == 0) {
      forget(descriptor, before);
      return 0;
    }
    const auto events = static_cast<short>(after & (kRead | kWrite));
    if (before == 0) {
      const auto index = static_cast<std::size_t>(descriptor);
      if (index >= placeOf_.size()) placeOf_.resize(index + 1);
      placeOf_[index] = static_cast<std::uint32_t>(watched_.size());
      watched_.push_back({descriptor, events, 0});
      keys_.push_back(key);
    } else {
      watched_[placeOf_[static_cast<std::size_t>(descriptor)]].events = events;
    }
    return 0;
  }

  void forget(int descriptor, Bits) noexcept override {
    const std::size_t place = placeOf_[static_cast<std::size_t>(descriptor)];
    watched_[place] = watched_.back();
    keys_[place] = keys_.back();
    placeOf_[static_cast<std::size_t>(watched_[place].fd)] = static_cast<std::uint32_t>(place);
    watched_.pop_back();
    keys_.pop_back();
  }

  std::span<const Ready> wait(Duration maxWait) override {
    int left = posix::waitForAny(watched_.data(), watched_.size(), maxWait);
    ready_.clear();
    for (std::size_t i = 0; left > 0 && i < watched_.size(); ++i) {
      if (watched_[i].revents == 0) continue;
      --left;
      ready_.push_back({keys_[i], static_cast<Bits>(watched_[i].revents)});
    }
    return ready_;
  }

 private:
  std::vector<pollfd> watched_;
  std::vector<std::uint64_t> keys_;     // beside watched_
  std::vector<std::uint32_t> placeOf_;  // by descriptor
  std::vector<Ready> ready_;
};

}  // namespace

std::unique_ptr<Poller> makePollPoller() { return std::make_unique<PollPoller>(); }

}  // namespace teasel::detail
