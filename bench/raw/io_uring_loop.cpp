#include "../servers/service.hpp"
#include "loops.hpp"
#include "sockets.hpp"

#ifdef TEASEL_BENCH_LIBURING

#include <liburing.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <memory>
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

class UringServer {
 public:
  UringServer(Kind kind, int listener) : listener_(listener), service_(kind), echo_(kind == Kind::kEcho) {
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
  /// Bytes to send: from a provided buffer, which is given back when they are sent, or copied.
  struct Part {
    const char* data;
    unsigned size;
    int buffer;  ///< -1: `copy` has the bytes
    std::unique_ptr<char[]> copy{};
  };
  struct Stream final : ServedStream {
    Stream(UringServer& in, int descriptor) : server(in), socket(descriptor) {}
    void write(const char* from, std::size_t size) override {
      Part part{nullptr, static_cast<unsigned>(size), -1, std::make_unique<char[]>(size)};
      std::copy_n(from, size, part.copy.get());
      part.data = part.copy.get();
      server.send(*this, std::move(part));
    }
    UringServer& server;
    int socket;
    // The first part is in flight. Two sends at once could be reordered.
    std::vector<Part> parts;
    bool ended = false;
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
  Stream& stream(int socket) { return *streams_[static_cast<std::size_t>(socket)]; }
  void open(int socket) {
    noDelay(socket);
    const auto at = static_cast<std::size_t>(socket);
    if (streams_.size() <= at) streams_.resize(at + 1);
    streams_[at] = std::make_unique<Stream>(*this, socket);
    service_.opened(*streams_[at]);
    receive(socket);
  }
  void close(Stream& which) {
    const int socket = which.socket;
    service_.closed(which);
    streams_[static_cast<std::size_t>(socket)].reset();
    ::close(socket);
  }
  void receive(int socket) {
    io_uring_sqe* sqe = entry();
    io_uring_prep_recv_multishot(sqe, socket, nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = kGroup;
    io_uring_sqe_set_data64(sqe, key(kReceive, socket));
  }
  void send(Stream& to, Part part) {
    to.parts.push_back(std::move(part));
    if (to.parts.size() == 1) sendFirst(to);
  }
  void sendFirst(Stream& to) {
    io_uring_sqe* sqe = entry();
    io_uring_prep_send(sqe, to.socket, to.parts.front().data, to.parts.front().size, MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data64(sqe, key(kSend, to.socket));
  }
  void complete(const io_uring_cqe& cqe) {
    const int socket = static_cast<int>(cqe.user_data >> 2);
    switch (static_cast<Operation>(cqe.user_data & 3)) {
      case kAccept: return cqe.res < 0 ? void() : open(cqe.res);
      case kReceive: return received(cqe, stream(socket));
      case kSend: return sent(stream(socket));
    }
  }
  void received(const io_uring_cqe& cqe, Stream& from) {
    if (cqe.res == -ENOBUFS) return starved_.push_back(from.socket);
    if (cqe.res <= 0) {
      from.ended = true;
      if (from.parts.empty()) close(from);
      return;
    }
    const unsigned buffer = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
    const auto size = static_cast<unsigned>(cqe.res);
    if (echo_) {
      send(from, {bytes(buffer), size, static_cast<int>(buffer)});
    } else {
      service_.received(from, bytes(buffer), size);
      giveBack(buffer);
    }
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) receive(from.socket);
  }
  void sent(Stream& to) {
    if (to.parts.front().buffer >= 0) giveBack(static_cast<unsigned>(to.parts.front().buffer));
    to.parts.erase(to.parts.begin());
    if (!to.parts.empty()) return sendFirst(to);
    if (to.ended) return close(to);
    service_.drained(to);
  }

  int listener_;
  Service service_;
  bool echo_;
  io_uring ring_{};
  io_uring_buf_ring* buffers_ = nullptr;
  std::vector<char> memory_ = std::vector<char>(std::size_t{kBuffers} * kBufferSize);
  std::vector<std::unique_ptr<Stream>> streams_;  // the index is the descriptor
  std::vector<int> starved_;
};

}  // namespace

void serveRawIoUring(Kind kind, const Listening& listening) {
  const int listener = listenLoopback();
  UringServer server(kind, listener);
  listening(portOf(listener));
  server.run();
}

}  // namespace teasel::bench

#else

namespace teasel::bench {

void serveRawIoUring(Kind, const Listening&) { throw std::runtime_error("the benchmarks were built without liburing"); }

}  // namespace teasel::bench

#endif
