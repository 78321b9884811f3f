#include <teasel/drivers/append_file.hpp>

#include <cerrno>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <teasel/drivers/detail/posix/system.hpp>

namespace teasel::posix {

namespace {

constexpr mode_t kMode = 0644;
/// How long a pipe that does not block, and that nobody reads, is waited for.
constexpr int kPatienceMs = 1000;

/// O_NONBLOCK: opening a pipe that nobody reads fails and does not wait. Files do not care.
int openForAppending(const std::string& path) noexcept {
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, kMode);
}

/// Whether it can be written to after all: standard error may be a pipe that does not block.
bool waitUntilWritable(int descriptor) noexcept {
  pollfd watched{descriptor, POLLOUT, 0};
  return ::poll(&watched, 1, kPatienceMs) > 0;
}

}  // namespace

AppendFile::AppendFile() : descriptor_(STDERR_FILENO) {}

AppendFile::AppendFile(const std::string& path)
    : path_(std::filesystem::absolute(path).string()), descriptor_(openForAppending(path_)) {
  if (descriptor_ < 0) throw std::runtime_error("cannot open '" + path_ + "' for appending: " + errorText(errno));
}

AppendFile::~AppendFile() {
  if (!standardError()) ::close(descriptor_);
}

std::string AppendFile::append(std::string_view text) {
  const std::lock_guard lock(mutex_);
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) text.remove_prefix(static_cast<std::size_t>(written));
    else if ((errno == EAGAIN || errno == EWOULDBLOCK) && !waitUntilWritable(descriptor_)) return errorText(EAGAIN);
    else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) return errorText(errno);
  }
  return {};
}

std::string AppendFile::reopen() {
  if (standardError()) return {};
  const int fresh = openForAppending(path_);
  if (fresh < 0) return "cannot open '" + path_ + "' anew: " + errorText(errno);
  const std::lock_guard lock(mutex_);
  ::close(descriptor_);
  descriptor_ = fresh;
  return {};
}

}  // namespace teasel::posix
