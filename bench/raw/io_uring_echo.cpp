#include "echo_loops.hpp"
#include "sockets.hpp"

#ifdef TEASEL_BENCH_LIBURING

#include <liburing.h>
#include <sys/mman.h>

#include <vector>

namespace teasel::bench {
namespace {

constexpr unsigned kBuffers = 256;
constexpr unsigned kBufferSize = 16384;
constexpr unsigned kGroup = 1;

/// The operation of a completion. The low two bits of its user data have it; the other bits have
/// the descriptor.
// NOLINTNEXTLINE(performance-enum-size): as wide as user data
enum Operation : std::uint64_t { kAccept, kReceive, kSend };

class UringEcho {
 public:
  explicit UringEcho(int listener) : listener_(listener) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    parameters.cq_entries = 16384;
    check(io_uring_queue_init_params(4096, &ring_, &parameters), "io_uring_queue_init");
    const std::size_t ringBytes = kBuffers * sizeof(io_uring_buf);
    buffers_ =
        static_cast<io_uring_buf_ring*>(mmap(nullptr, ringBytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0));
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffers_);
    registration.ring_entries = kBuffers;
    registration.bgid = kGroup;
    check(io_uring_register_buf_ring(&ring_, &registration, 0), "io_uring_register_buf_ring");
    io_uring_buf_ring_init(buffers_);
    for (unsigned id = 0; id < kBuffers; ++id) giveBack(id);
    io_uring_sqe* sqe = entry();
    io_uring_prep_multishot_accept(sqe, listener_, nullptr, nullptr, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(sqe, key(kAccept, listener_));
  }

  void run() {
    for (;;) {
      const int submitted = io_uring_submit_and_wait(&ring_, 1);
      if (submitted != -EINTR) check(submitted, "io_uring_submit_and_wait");
      unsigned head = 0, seen = 0;
      io_uring_cqe* cqe = nullptr;
      io_uring_for_each_cqe(&ring_, head, cqe) {
        ++seen;
        complete(*cqe);
      }
      io_uring_cq_advance(&ring_, seen);
      for (const int socket : starved_) receive(socket);
      starved_.clear();
    }
  }

 private:
  struct Part {
    unsigned buffer, size;
  };
  struct Stream {
    // Parts that are sent after the send in flight. Two sends at once could be reordered.
    std::vector<Part> waiting;
    Part sending{};
    bool busy = false, ended = false;
  };

  static void check(int result, const char* what) {
    if (result < 0) throw std::system_error(-result, std::generic_category(), what);
  }
  static std::uint64_t key(Operation operation, int socket) { return static_cast<std::uint64_t>(socket) << 2 | operation; }
  io_uring_sqe* entry() {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    if (sqe == nullptr) {
      check(io_uring_submit(&ring_), "io_uring_submit");
      sqe = io_uring_get_sqe(&ring_);
    }
    return sqe;
  }
  char* bytes(unsigned buffer) { return &memory_[std::size_t{buffer} * kBufferSize]; }
  void giveBack(unsigned buffer) {
    io_uring_buf_ring_add(buffers_, bytes(buffer), kBufferSize, static_cast<unsigned short>(buffer),
                          io_uring_buf_ring_mask(kBuffers), 0);
    io_uring_buf_ring_advance(buffers_, 1);
  }
  Stream& stream(int socket) {
    const auto at = static_cast<std::size_t>(socket);
    if (streams_.size() <= at) streams_.resize(at + 1);
    return streams_[at];
  }
  void receive(int socket) {
    io_uring_sqe* sqe = entry();
    io_uring_prep_recv_multishot(sqe, socket, nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = kGroup;
    io_uring_sqe_set_data64(sqe, key(kReceive, socket));
  }
  void send(int socket, Stream& to, Part part) {
    to.busy = true;
    to.sending = part;
    io_uring_sqe* sqe = entry();
    io_uring_prep_send(sqe, socket, bytes(part.buffer), part.size, MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data64(sqe, key(kSend, socket));
  }
  void complete(const io_uring_cqe& cqe) {
    const int socket = static_cast<int>(cqe.user_data >> 2);
    switch (static_cast<Operation>(cqe.user_data & 3)) {
      case kAccept:
        if (cqe.res < 0) return;
        noDelay(cqe.res);
        stream(cqe.res) = Stream{};
        return receive(cqe.res);
      case kReceive: return received(cqe, socket);
      case kSend: return sent(socket);
    }
  }
  void received(const io_uring_cqe& cqe, int socket) {
    Stream& from = stream(socket);
    if (cqe.res == -ENOBUFS) return starved_.push_back(socket);
    if (cqe.res <= 0) {
      from.ended = true;
      if (!from.busy) close(socket);
      return;
    }
    const Part part{cqe.flags >> IORING_CQE_BUFFER_SHIFT, static_cast<unsigned>(cqe.res)};
    if (from.busy) from.waiting.push_back(part);
    else send(socket, from, part);
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) receive(socket);
  }
  void sent(int socket) {
    Stream& to = stream(socket);
    giveBack(to.sending.buffer);
    to.busy = false;
    if (!to.waiting.empty()) {
      const Part next = to.waiting.front();
      to.waiting.erase(to.waiting.begin());
      return send(socket, to, next);
    }
    if (to.ended) close(socket);
  }

  int listener_;
  io_uring ring_{};
  io_uring_buf_ring* buffers_ = nullptr;
  std::vector<char> memory_ = std::vector<char>(std::size_t{kBuffers} * kBufferSize);
  std::vector<Stream> streams_;  // the index is the descriptor
  std::vector<int> starved_;
};

}  // namespace

void serveRawIoUring(const Listening& listening) {
  const int listener = listenLoopback();
  UringEcho echo(listener);
  listening(portOf(listener));
  echo.run();
}

}  // namespace teasel::bench

#else

namespace teasel::bench {

void serveRawIoUring(const Listening&) { throw std::runtime_error("the benchmarks were built without liburing"); }

}  // namespace teasel::bench

#endif
