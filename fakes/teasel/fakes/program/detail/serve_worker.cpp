#include <teasel/fakes/program/detail/serve_worker.hpp>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace teasel::fakes {

namespace detail {

bool readAll(int fd, void* data, std::size_t size) noexcept {
  char* at = static_cast<char*>(data);
  while (size != 0) {
    const ssize_t got = ::read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool writeAll(int fd, const void* data, std::size_t size) noexcept {
  const char* at = static_cast<const char*>(data);
  while (size != 0) {
    const ssize_t put = ::write(fd, at, size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace detail

namespace {

constexpr char kReplyTag = 'o';

[[noreturn]] void failed(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

bool sendFrame(int fd, char tag, const std::string& body) noexcept {
  std::string bytes(1, tag);
  const auto length = static_cast<std::uint32_t>(body.size());
  bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
  bytes += body;
  return detail::writeAll(fd, bytes.data(), bytes.size());
}

/// The body of a reply, if all that came so far is one.
bool wholeReply(const std::string& all, std::string& body) {
  if (all.size() < 5 || all[0] != kReplyTag) return false;
  std::uint32_t length = 0;
  std::memcpy(&length, all.data() + 1, sizeof length);
  if (all.size() - 5 < length) return false;
  body = all.substr(5, length);
  return true;
}

int milliseconds(Duration duration) { return static_cast<int>(duration / std::chrono::milliseconds(1)); }

}  // namespace

Worker::Worker(Body body, Options options) : body_(std::move(body)), options_(options) {
  ::signal(SIGPIPE, SIG_IGN);  // a dead child shows itself by the end of file
  errors_ = ::memfd_create("teasel-stderr", MFD_CLOEXEC);
  if (errors_ < 0) failed("memfd_create");
}

Worker::~Worker() {
  renew();
  ::close(errors_);
}

void Worker::renew() noexcept {
  if (child_ < 0) return;
  ::close(toChild_);
  ::close(fromChild_);
  ::kill(child_, SIGKILL);
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
}

void Worker::start() {
  int requests[2], replies[2];
  if (::pipe(requests) != 0) failed("pipe");
  if (::pipe(replies) != 0) failed("pipe");
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) failed("fork");
  if (pid == 0) {
    ::close(requests[1]);
    ::close(replies[0]);
    ::dup2(errors_, STDERR_FILENO);
    const rlimit none{};
    ::setrlimit(RLIMIT_CORE, &none);
    watchdog::install(replies[1]);
    serve(requests[0], replies[1]);
  }
  ::close(requests[0]);
  ::close(replies[1]);
  child_ = pid;
  toChild_ = requests[1];
  fromChild_ = replies[0];
  ++started_;
}

void Worker::serve(int in, int out) {
  for (;;) {
    std::uint32_t length = 0;
    if (!detail::readAll(in, &length, sizeof length)) ::_exit(0);
    std::string request(length, '\0');
    if (!detail::readAll(in, request.data(), length)) ::_exit(0);
    watchdog::arm(options_.timeout);
    const std::string reply = body_(request);
    watchdog::disarm();
    std::fflush(nullptr);
    if (!sendFrame(out, kReplyTag, reply)) ::_exit(0);
  }
}

Worker::Reply Worker::ask(const std::string& request) {
  if (child_ < 0) start();
  if (::ftruncate(errors_, 0) != 0) failed("ftruncate");
  ::lseek(errors_, 0, SEEK_SET);  // the child shares the offset and writes from the start again
  Reply reply;
  const auto length = static_cast<std::uint32_t>(request.size());
  detail::writeAll(toChild_, &length, sizeof length);
  detail::writeAll(toChild_, request.data(), request.size());
  std::string all;
  const bool ended = receive(all, reply);
  if (wholeReply(all, reply.text)) return reply;
  buryChild(reply, !ended);
  reply.words = watchdog::parse(all);
  reply.hung = reply.hung || reply.words.hung;
  takeErrorOutput(reply);
  return reply;
}

/// Reads until a whole reply or the end of file, which is true. False when the child says nothing
/// for so long that its own alarm should have ended it.
bool Worker::receive(std::string& all, Reply& reply) {
  char buffer[65536];
  std::string body;
  for (;;) {
    pollfd waiting{fromChild_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, milliseconds(options_.timeout) * 2 + 5000);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      reply.hung = true;
      return false;
    }
    const ssize_t got = ::read(fromChild_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    all.append(buffer, static_cast<std::size_t>(got));
    if (all[0] == kReplyTag && wholeReply(all, body)) return true;
  }
}

void Worker::buryChild(Reply& reply, bool kill) {
  reply.died = true;
  if (kill) ::kill(child_, SIGKILL);
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) reply.signal = WTERMSIG(status);
  else reply.exitStatus = WEXITSTATUS(status);
  ::close(toChild_);
  ::close(fromChild_);
  child_ = -1;
}

void Worker::takeErrorOutput(Reply& reply) {
  const off_t size = ::lseek(errors_, 0, SEEK_END);
  const off_t from = size > static_cast<off_t>(options_.errorOutput) ? size - static_cast<off_t>(options_.errorOutput) : 0;
  reply.errorOutput.resize(static_cast<std::size_t>(size - from));
  const ssize_t got = ::pread(errors_, reply.errorOutput.data(), reply.errorOutput.size(), from);
  reply.errorOutput.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
}

}  // namespace teasel::fakes
