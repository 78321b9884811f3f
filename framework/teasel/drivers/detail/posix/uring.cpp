#include <teasel/drivers/detail/posix/uring.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/sockets.hpp>

namespace teasel::posix {

namespace {

constexpr std::size_t kWaitsBytes = 4096;  // a page, the least that can be registered

[[noreturn]] void unavailable(const char* call, int error) {
  std::string text = "io_uring: " + std::string(call) + " failed: " + errorText(error);
  if (error == EPERM || error == EACCES || error == ENOSYS)
    text += "; io_uring is forbidden here (sysctl kernel.io_uring_disabled, a seccomp filter) or not in this kernel";
  else if (error == EINVAL) text += "; Linux 6.0 or later is needed";
  else if (error == ENOMEM) text += "; the limit of locked memory (ulimit -l) may be too low";
  throw DriverUnavailable(text);
}

}  // namespace

Uring::Uring(const Settings& settings) : bufferSize_(settings.bufferSize) {
  open(settings);
  try {
    registerBuffers(settings.buffers, settings.features.incremental);
    if (settings.features.registeredWait) registerWaits();
  } catch (...) {
    io_uring_queue_exit(&ring_);
    if (bufferRing_ != nullptr) ::munmap(bufferRing_, bufferRingBytes_);
    throw;
  }
}

Uring::~Uring() {
  io_uring_queue_exit(&ring_);
  ::munmap(bufferRing_, bufferRingBytes_);
  if (waits_ != nullptr) ::munmap(waits_, kWaitsBytes);
}

void Uring::open(const Settings& settings) {
  // The ring is disabled until the first wait, because a driver may be made in one thread and run
  // in another: SINGLE_ISSUER binds the ring to the thread that enables it.
  constexpr unsigned flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_CQSIZE;
  io_uring_params params{};
  params.cq_entries = settings.completions;
  int error = EINVAL;
  if (settings.deferTaskRun) {
    params.flags = flags | IORING_SETUP_DEFER_TASKRUN;
    error = -io_uring_queue_init_params(settings.submissions, &ring_, &params);
  }
  if (error == EINVAL) {
    params = {};
    params.cq_entries = settings.completions;
    params.flags = flags | IORING_SETUP_COOP_TASKRUN;
    error = -io_uring_queue_init_params(settings.submissions, &ring_, &params);
  }
  if (error != 0) unavailable("io_uring_setup", error);
}

void Uring::registerBuffers(std::uint32_t count, bool incremental) {
  bufferRingBytes_ = count * sizeof(io_uring_buf);
  void* memory = ::mmap(nullptr, bufferRingBytes_, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) unavailable("mmap of the buffer ring", errno);
  bufferRing_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
  registration.ring_entries = count;
  registration.bgid = kBufferGroup;
  // Where newer kernels have the flags, the headers of liburing 2.3 have padding.
  const std::uint16_t flags = incremental ? kernel::kIncrementalBuffers : 0;
  std::memcpy(reinterpret_cast<char*>(&registration.bgid) + sizeof registration.bgid, &flags, sizeof flags);
  if (const int error = -io_uring_register_buf_ring(&ring_, &registration, 0); error != 0)
    unavailable("IORING_REGISTER_PBUF_RING", error);
  mask_ = static_cast<std::uint16_t>(count - 1);
  buffers_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    buffers_.push_back({detail::ReceiveBuffer(bufferSize_)});
    giveBack(static_cast<std::uint16_t>(i));
  }
}

void Uring::registerWaits() {
  void* memory = ::mmap(nullptr, kWaitsBytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) unavailable("mmap of the waits", errno);
  kernel::RegionDescription description{};
  description.address = reinterpret_cast<std::uintptr_t>(memory);
  description.size = kWaitsBytes;
  description.flags = kernel::kRegionIsOurs;
  kernel::MemoryRegion region{};
  region.description = reinterpret_cast<std::uintptr_t>(&description);
  region.flags = kernel::kRegionHasWaits;
  if (const int error = -io_uring_register(static_cast<unsigned>(ring_.ring_fd), kernel::kRegisterRegion, &region, 1);
      error != 0) {
    ::munmap(memory, kWaitsBytes);
    unavailable("IORING_REGISTER_MEM_REGION", error);
  }
  waits_ = static_cast<kernel::RegisteredWait*>(memory);
  waits_->flags = kernel::kWaitHasTime;
}

void Uring::enable() {
  enabled_ = true;
  // liburing 2.3 declares io_uring_enable_rings but does not export it.
  const int error = -io_uring_register(static_cast<unsigned>(ring_.ring_fd), IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  TEASEL_CHECK(error == 0);
}

void Uring::giveBack(std::uint16_t id) noexcept {
  // The ring is an array of io_uring_buf. Its tail is in the field of the first one that is unused.
  auto* entries = reinterpret_cast<io_uring_buf*>(bufferRing_);
  const auto position = static_cast<std::uint16_t>(bufferTail_ & mask_);
  Buffer& buffer = buffers_[id];
  buffer.filled = 0;
  buffer.position = position;
  io_uring_buf& entry = entries[position];
  entry.addr = reinterpret_cast<std::uintptr_t>(buffer.memory.bytes());
  entry.len = bufferSize_;
  entry.bid = id;
  io_uring_smp_store_release(&bufferRing_->tail, ++bufferTail_);
}

Uring::Pieces::Pieces(Uring& ring, const Completion& completion) noexcept
    : ring_(ring),
      left_(completion.result > 0 ? static_cast<std::uint32_t>(completion.result) : 0),
      more_((completion.flags & kernel::kBufferMore) != 0) {
  front_.id = static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
  position_ = ring_.buffers_[front_.id].position;
  find();
}

/// The front is a piece of buffer front_.id. A completion that goes on fills this one first.
void Uring::Pieces::find() noexcept {
  front_.from = ring_.buffers_[front_.id].filled;
  front_.size = std::min(left_, ring_.bufferSize_ - front_.from);
  left_ -= front_.size;
  front_.last = left_ > 0 || !more_;
}

void Uring::Pieces::pop() {
  const Piece done = front_;
  any_ = left_ > 0;
  if (any_) {
    // A bundle goes on in the next buffer of the ring.
    position_ = static_cast<std::uint16_t>((position_ + 1) & ring_.mask_);
    front_.id = reinterpret_cast<const io_uring_buf*>(ring_.bufferRing_)[position_].bid;
  }
  ring_.buffers_[done.id].filled += done.size;
  if (done.last) {
    ring_.buffer(done.id).renew();
    ring_.giveBack(done.id);
  }
  if (any_) find();
}

io_uring_sqe& Uring::entry() {
  if (!enabled_) enable();
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (entry == nullptr) {
    const int submitted = io_uring_submit(&ring_);
    TEASEL_CHECK(submitted > 0);
    entry = io_uring_get_sqe(&ring_);
  }
  return *entry;
}

[[gnu::hot]] int Uring::enter(Duration maxWait) {
  if (!enabled_) enable();
  // What io_uring_submit_and_wait_timeout of liburing does, without what concerns other kinds of
  // rings. It also knows registered waits.
  io_uring_sq& queue = ring_.sq;
  unsigned tail = *queue.ktail;
  for (; tail != queue.sqe_tail; ++tail) queue.array[tail & queue.ring_mask] = tail & queue.ring_mask;
  queue.sqe_head = tail;
  io_uring_smp_store_release(queue.ktail, tail);
  const unsigned submit = tail - io_uring_smp_load_acquire(queue.khead);
  unsigned flags = IORING_ENTER_GETEVENTS;
  const auto descriptor = static_cast<unsigned>(ring_.ring_fd);
  const bool wait = maxWait > Duration::zero() && ready() == 0;
  // Errors pass, like a signal or a lack of memory at the moment: the next wait tries again.
  if (!wait || maxWait == Duration::max()) return io_uring_enter(descriptor, submit, wait ? 1 : 0, flags, nullptr);
  const auto seconds = maxWait.count() / 1'000'000'000, rest = maxWait.count() % 1'000'000'000;
  flags |= IORING_ENTER_EXT_ARG;
  if (waits_ != nullptr) {
    waits_->time.tv_sec = seconds;
    waits_->time.tv_nsec = rest;
    return io_uring_enter2(descriptor, submit, 1, flags | kernel::kEnterRegistered, nullptr, sizeof(kernel::RegisteredWait));
  }
  __kernel_timespec time{seconds, rest};
  io_uring_getevents_arg argument{};
  argument.sigmask_sz = _NSIG / 8;
  argument.ts = reinterpret_cast<std::uintptr_t>(&time);
  return io_uring_enter2(descriptor, submit, 1, flags, reinterpret_cast<sigset_t*>(&argument), sizeof argument);
}

bool isOver(int descriptor) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_CLOSE;
}

}  // namespace teasel::posix
