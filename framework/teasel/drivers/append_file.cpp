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
constexpr int kPatienceMs = 1000;

/// O_NONBLOCK: opening a pipe that nobody reads fails and does not wait. Files do not care.
int openForAppending(const std::string& path) noexcept {
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, kMode);
}

/// Whether it can be written to after all: standard error may be a pipe that does not block.
bool waitUntilWritable(int descriptor, int milliseconds) noexcept {
  pollfd watched{descriptor, POLLOUT, 0};
  return ::poll(&watched, 1, milliseconds) > 0;
}

bool sameFile(int one, int other) noexcept {
  struct stat first = {}, second = {};
  return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
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

std::string AppendFile::append(std::string_view text, Patience patience) {
  const std::lock_guard lock(mutex_);
  if (text.empty()) return {};
  if (torn_) {
    if (std::string why = write("\n", patience); !why.empty()) return why;
  }
  return write(text, patience);
}

/// Writes a text that is not empty. The lock is held.
std::string AppendFile::write(std::string_view text, Patience patience) {
  const int wait = patience == Patience::kSecond ? kPatienceMs : 0;
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written > 0) {
      torn_ = text[static_cast<std::size_t>(written) - 1] != '\n';
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) {
      return errorText(written == 0 ? ENOSPC : errno);
    } else if (errno != EINTR && !waitUntilWritable(descriptor_, wait)) {
      return errorText(EAGAIN);
    }
  }
  torn_ = false;
  return {};
}

std::string AppendFile::reopen() {
  if (standardError()) return {};
  const int fresh = openForAppending(path_);
  if (fresh < 0) return "cannot open '" + path_ + "' anew: " + errorText(errno);
  const std::lock_guard lock(mutex_);
  torn_ = torn_ && sameFile(descriptor_, fresh);
  ::close(descriptor_);
  descriptor_ = fresh;
  return {};
}

}  // namespace teasel::posix
