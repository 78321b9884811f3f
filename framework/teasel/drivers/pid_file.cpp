#include <teasel/drivers/pid_file.hpp>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <teasel/drivers/detail/posix/system.hpp>

namespace teasel::posix {

namespace {

/// How often a file is tried that others are replacing just now, and the pause between two tries.
constexpr int kTries = 100;
constexpr std::chrono::milliseconds kPause(10);
/// A file with more bytes is no PID file.
constexpr std::size_t kMaxText = 64;
constexpr mode_t kMode = 0644;

std::string quoted(const std::string& path) { return "the PID file '" + path + "'"; }

[[noreturn]] void refuse(const std::string& path, const std::string& what, int error) {
  throw PidFileError(quoted(path) + " " + what + ": " + errorText(error));
}

/// Closes a descriptor when it dies, unless release() was called.
class Owned {
 public:
  explicit Owned(int descriptor) noexcept : descriptor_(descriptor) {}
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const noexcept { return descriptor_; }
  int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

bool samePlace(int descriptor, const std::string& path) noexcept {
  struct stat open = {}, named = {};
  return ::fstat(descriptor, &open) == 0 && ::lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

bool isSpace(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The number in a PID file: 0 if the file is empty, nothing if it is no PID file.
std::optional<int> readNumber(int descriptor) noexcept {
  char buffer[kMaxText + 1];
  const ssize_t got = ::pread(descriptor, buffer, sizeof buffer, 0);
  if (got < 0 || static_cast<std::size_t>(got) > kMaxText) return std::nullopt;
  std::string_view text(buffer, static_cast<std::size_t>(got));
  while (!text.empty() && isSpace(text.back())) text.remove_suffix(1);
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
  if (text.empty()) return 0;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

bool lives(int pid) noexcept { return pid > 0 && pid != ::getpid() && (::kill(pid, 0) == 0 || errno == EPERM); }

/// A complete, locked file beside the one that is wanted. Its name goes when this object dies.
class Draft {
 public:
  explicit Draft(const std::string& wanted)
      : path_(wanted + "." + std::to_string(::getpid()) + ".new"), file_(create(path_, wanted)) {
    const std::string text = std::to_string(::getpid()) + "\n";
    const ssize_t written = ::write(file_.get(), text.data(), text.size());
    const int error = written < 0 ? errno : ENOSPC;
    if (written == static_cast<ssize_t>(text.size())) return;
    ::unlink(path_.c_str());
    refuse(wanted, "cannot be written", error);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() { ::unlink(path_.c_str()); }
  const char* path() const noexcept { return path_.c_str(); }
  int release() noexcept { return file_.release(); }

 private:
  static int create(const std::string& path, const std::string& wanted) {
    // One that is there already was left by an earlier process with this number.
    ::unlink(path.c_str());
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kMode);
    if (descriptor < 0) refuse(wanted, "cannot be made", errno);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
    const int error = errno;
    ::close(descriptor);
    ::unlink(path.c_str());
    refuse(wanted, "cannot be locked", error);
  }
  std::string path_;
  Owned file_;
};

/// Puts the draft in the place of the file at `path`, which is free or stale. Returns false when
/// another process is just doing the same: then it is to be tried again.
bool place(const std::string& path, const Draft& draft) {
  const Owned old(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (old.get() < 0) {
    if (errno != ENOENT) refuse(path, "cannot be read", errno);
    if (::link(draft.path(), path.c_str()) == 0) return true;
    if (errno != EEXIST) refuse(path, "cannot be made", errno);
    return false;
  }
  struct stat status = {};
  if (::fstat(old.get(), &status) != 0) refuse(path, "cannot be read", errno);
  if (!S_ISREG(status.st_mode)) throw PidFileError(quoted(path) + " is no regular file");
  const bool locked = ::flock(old.get(), LOCK_EX | LOCK_NB) != 0;
  if (locked && errno != EWOULDBLOCK) refuse(path, "cannot be locked", errno);
  const std::optional<int> number = readNumber(old.get());
  if (!samePlace(old.get(), path)) return false;
  if (locked && lives(number.value_or(0))) throw PidFileHeld(path, *number);
  if (locked) return false;
  if (!number) throw PidFileError(quoted(path) + " holds something else than a process number, and was left as it is");
  if (lives(*number)) throw PidFileHeld(path, *number);
  // The old file is locked, so nobody else replaces it now.
  if (::rename(draft.path(), path.c_str()) != 0) refuse(path, "cannot be replaced", errno);
  return true;
}

}  // namespace

PidFileHeld::PidFileHeld(const std::string& path, int pid)
    : PidFileError(quoted(path) + " belongs to " + (pid > 0 ? "process " + std::to_string(pid) : std::string("a process")) +
                   ", which is running"),
      pid_(pid) {}

PidFile::PidFile(const std::string& path) : path_(std::filesystem::absolute(path).string()) {
  Draft draft(path_);
  for (int tries = 0; !place(path_, draft); ++tries) {
    // Locked all the time: its process is one whose number means nothing here (a container).
    if (tries == kTries) throw PidFileHeld(path_, 0);
    std::this_thread::sleep_for(kPause);
  }
  descriptor_ = draft.release();
}

PidFile::~PidFile() { remove(); }

void PidFile::remove() noexcept {
  const int descriptor = descriptor_.exchange(-1);
  if (descriptor < 0) return;
  if (samePlace(descriptor, path_)) ::unlink(path_.c_str());
  ::close(descriptor);
}

}  // namespace teasel::posix
