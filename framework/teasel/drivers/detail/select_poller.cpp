#include <teasel/drivers/detail/poller.hpp>

#include <bit>
#include <climits>
#include <cstddef>
#include <vector>

#include <sys/select.h>

#include <teasel/drivers/detail/posix/clock.hpp>

namespace teasel::detail {

namespace {

/// Bitmaps as select(2) reads them, but as long as the highest descriptor needs: an fd_set ends at
/// FD_SETSIZE, and FD_SET beyond it writes past its end.
class DescriptorSet {
 public:
  static constexpr std::size_t kBits = sizeof(unsigned long) * CHAR_BIT;
  void reserve(std::size_t descriptors) {
    if (words_.size() * kBits < descriptors) words_.resize((descriptors + kBits - 1) / kBits);
  }
  void put(int descriptor, bool on) noexcept {
    const auto at = static_cast<std::size_t>(descriptor);
    const unsigned long bit = 1UL << (at % kBits);
    if (on) words_[at / kBits] |= bit;
    else words_[at / kBits] &= ~bit;
  }
  fd_set* native() noexcept { return reinterpret_cast<fd_set*>(words_.data()); }
  const std::vector<unsigned long>& words() const noexcept { return words_; }
  void assign(const DescriptorSet& other) { words_.assign(other.words_.begin(), other.words_.end()); }

 private:
  std::vector<unsigned long> words_;
};

class SelectPoller final : public Poller {
 public:
  std::string_view name() const noexcept override { return "select"; }

  int change(int descriptor, std::uint64_t key, Bits, Bits after) override {
    const auto size = static_cast<std::size_t>(descriptor) + 1;
    read_.reserve(size);
    write_.reserve(size);
    if (keys_.size() < size) keys_.resize(size);
    keys_[size - 1] = key;
    read_.put(descriptor, (after & kRead) != 0);
    write_.put(descriptor, (after & kWrite) != 0);
    return 0;
  }

  void forget(int descriptor, Bits) noexcept override {
    read_.put(descriptor, false);
    write_.put(descriptor, false);
  }

  std::span<const Ready> wait(Duration maxWait) override {
    readable_.assign(read_);
    writable_.assign(write_);
    const timespec wait = posix::toTimespec(maxWait);
    const int count = ::pselect(static_cast<int>(keys_.size()), readable_.native(), writable_.native(), nullptr,
                                maxWait == Duration::max() ? nullptr : &wait, nullptr);
    ready_.clear();
    if (count <= 0) return ready_;
    for (std::size_t i = 0; i < readable_.words().size(); ++i) {
      const unsigned long reads = readable_.words()[i], writes = writable_.words()[i];
      for (unsigned long both = reads | writes; both != 0; both &= both - 1) {
        const auto offset = static_cast<std::size_t>(std::countr_zero(both));
        const unsigned long bit = 1UL << offset;
        const Bits what = ((reads & bit) != 0 ? kRead : 0U) | ((writes & bit) != 0 ? kWrite : 0U);
        ready_.push_back({keys_[i * DescriptorSet::kBits + offset], what});
      }
    }
    return ready_;
  }

 private:
  DescriptorSet read_, write_, readable_, writable_;
  std::vector<std::uint64_t> keys_;  // by descriptor
  std::vector<Ready> ready_;
};

}  // namespace

std::unique_ptr<Poller> makeSelectPoller() { return std::make_unique<SelectPoller>(); }

}  // namespace teasel::detail
