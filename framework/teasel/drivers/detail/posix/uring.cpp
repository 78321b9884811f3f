#include <teasel/drivers/detail/posix/uring.hpp>

#include <cerrno>
#include <string>

#include <sys/mman.h>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/sockets.hpp>

namespace teasel::posix {

namespace {

constexpr unsigned kSubmissions = 1024;
constexpr unsigned kCompletions = 4096;

[[noreturn]] void unavailable(const char* call, int error) {
  std::string text = "io_uring: " + std::string(call) + " failed: " + errorText(error);
  if (error == EPERM || error == EACCES || error == ENOSYS)
    text += "; io_uring is forbidden here (sysctl kernel.io_uring_disabled, a seccomp filter) or not in this kernel";
  else if (error == EINVAL) text += "; Linux 6.0 or later is needed";
  else if (error == ENOMEM) text += "; the limit of locked memory (ulimit -l) may be too low";
  throw DriverUnavailable(text);
}

}  // namespace

Uring::Uring(std::uint32_t buffers, bool deferTaskRun) {
  if (buffers == 0 || (buffers & (buffers - 1)) != 0 || buffers > 32768)
    throw UsageError("io_uring: the number of buffers must be a power of two up to 32768, got " + std::to_string(buffers));
  open(deferTaskRun);
  try {
    registerBuffers(buffers);
  } catch (...) {
    io_uring_queue_exit(&ring_);
    throw;
  }
}

Uring::~Uring() {
  io_uring_queue_exit(&ring_);
  ::munmap(bufferRing_, bufferRingBytes_);
}

void Uring::open(bool deferTaskRun) {
  // Disabled until the first wait: SINGLE_ISSUER binds the ring to the thread that enables it, and
  // a driver may be made in one thread and run in another.
  constexpr unsigned flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_CQSIZE;
  io_uring_params params{};
  params.cq_entries = kCompletions;
  int error = EINVAL;
  if (deferTaskRun) {
    params.flags = flags | IORING_SETUP_DEFER_TASKRUN;
    error = -io_uring_queue_init_params(kSubmissions, &ring_, &params);
  }
  if (error == EINVAL) {
    params = {};
    params.cq_entries = kCompletions;
    params.flags = flags | IORING_SETUP_COOP_TASKRUN;
    error = -io_uring_queue_init_params(kSubmissions, &ring_, &params);
  }
  if (error != 0) unavailable("io_uring_setup", error);
}

void Uring::registerBuffers(std::uint32_t count) {
  bufferRingBytes_ = count * sizeof(io_uring_buf);
  void* memory = ::mmap(nullptr, bufferRingBytes_, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) unavailable("mmap of the buffer ring", errno);
  bufferRing_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
  registration.ring_entries = count;
  registration.bgid = kBufferGroup;
  if (const int error = -io_uring_register_buf_ring(&ring_, &registration, 0); error != 0) {
    ::munmap(bufferRing_, bufferRingBytes_);
    unavailable("IORING_REGISTER_PBUF_RING", error);
  }
  mask_ = static_cast<std::uint16_t>(count - 1);
  buffers_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    buffers_.emplace_back(kBufferSize);
    giveBack(static_cast<std::uint16_t>(i));
  }
}

void Uring::enable() {
  enabled_ = true;
  // liburing 2.3 declares io_uring_enable_rings but does not export it.
  const int error = -io_uring_register(static_cast<unsigned>(ring_.ring_fd), IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  TEASEL_CHECK(error == 0);
}

void Uring::giveBack(std::uint16_t id) noexcept {
  // The ring is an array of io_uring_buf; its tail lies in the first one's unused field.
  auto* entries = reinterpret_cast<io_uring_buf*>(bufferRing_);
  io_uring_buf& entry = entries[bufferTail_ & (mask_)];
  entry.addr = reinterpret_cast<std::uintptr_t>(buffers_[id].bytes());
  entry.len = kBufferSize;
  entry.bid = id;
  io_uring_smp_store_release(&bufferRing_->tail, ++bufferTail_);
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

bool Uring::submitAndWait(Duration maxWait) {
  if (!enabled_) enable();
  int result = 0;
  if (maxWait <= Duration::zero() || ready() > 0) {
    result = io_uring_submit_and_get_events(&ring_);
  } else if (maxWait == Duration::max()) {
    result = io_uring_submit_and_wait(&ring_, 1);
  } else {
    __kernel_timespec wait{};
    wait.tv_sec = maxWait.count() / 1'000'000'000;
    wait.tv_nsec = maxWait.count() % 1'000'000'000;
    io_uring_cqe* first = nullptr;
    result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &wait, nullptr);
  }
  // What else may be wrong - a signal, no memory at the moment - is tried again by the next wait.
  return result != -EEXIST;
}

Uring::Completion Uring::take() noexcept {
  io_uring_cqe* completion = nullptr;
  io_uring_peek_cqe(&ring_, &completion);
  const Completion out{completion->user_data, completion->res, completion->flags};
  io_uring_cqe_seen(&ring_, completion);
  return out;
}

}  // namespace teasel::posix
