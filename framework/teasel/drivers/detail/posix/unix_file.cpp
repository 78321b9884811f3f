#include <teasel/drivers/detail/posix/unix_file.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/sockets.hpp>

namespace teasel::posix {

namespace {

/// How often a step is tried again after others have changed the files in between.
constexpr int kTries = 8;

/// The locks that this process holds. Without this list, a lock of an earlier process with our
/// number would look like one of ours.
struct HeldLocks {
  std::mutex mutex;
  std::vector<std::string> names;
};
HeldLocks& heldLocks() {
  static HeldLocks& locks = *new HeldLocks;  // leaked on purpose: static reactors end late
  return locks;
}
bool weHold(const std::string& name) {
  const std::lock_guard guard(heldLocks().mutex);
  return std::count(heldLocks().names.begin(), heldLocks().names.end(), name) > 0;
}

/// The target of a symbolic link; nothing and errno if there is none.
std::optional<std::string> targetOf(const std::string& link) {
  std::array<char, 256> target;
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

/// The process number that a lock names; 0 if it names none.
pid_t processOf(const std::string& target) noexcept {
  pid_t process = 0;
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), process);
  return error == std::errc() && end == target.data() + target.size() && process > 0 ? process : 0;
}

bool lives(pid_t process) noexcept { return ::kill(process, 0) == 0 || errno != ESRCH; }

/// Removes the stale lock whose target was `seen`, and no other: somebody may have replaced it
/// meanwhile. It is moved away first, because only that names what is removed.
void removeStale(const std::string& name, const std::string& seen) {
  const std::string aside = name + '.' + std::to_string(::getpid());
  if (::rename(name.c_str(), aside.c_str()) != 0) return;
  const std::optional<std::string> moved = targetOf(aside);
  if (moved && *moved != seen) static_cast<void>(::symlink(moved->c_str(), name.c_str()));
  static_cast<void>(::unlink(aside.c_str()));
}

}  // namespace

std::string UnixLock::acquire(const std::string& path) {
  const std::string name = path + ".lock", ours = std::to_string(::getpid());
  for (int i = 0; i < kTries; ++i) {
    if (::symlink(ours.c_str(), name.c_str()) == 0) {
      const std::lock_guard guard(heldLocks().mutex);
      heldLocks().names.push_back(name);
      name_ = name;
      return {};
    }
    if (errno != EEXIST) return "the lock " + name + " cannot be made: " + errorText(errno);
    const std::optional<std::string> target = targetOf(name);
    if (!target && errno == ENOENT) continue;  // it has just gone
    if (!target) return name + " is there and is no lock: " + errorText(errno);
    const pid_t process = processOf(*target);
    if (process == 0) return name + " is there and names no process: \"" + *target + '"';
    if (process == ::getpid() ? weHold(name) : lives(process))
      return "the process " + *target + (process == ::getpid() ? ", which is this one," : "") + " holds the lock " + name;
    removeStale(name, *target);
  }
  return "the lock " + name + " changes all the time";
}

void UnixLock::release() noexcept {
  if (name_.empty()) return;
  const std::string name = std::exchange(name_, {});
  const std::optional<std::string> target = targetOf(name);
  if (target && processOf(*target) == ::getpid()) ::unlink(name.c_str());
  const std::lock_guard guard(heldLocks().mutex);
  std::erase(heldLocks().names, name);
}

bool UnixLock::isHeld(const std::string& path) {
  const std::string name = path + ".lock";
  const std::optional<std::string> target = targetOf(name);
  if (!target) return false;
  const pid_t process = processOf(*target);
  return process == ::getpid() ? weHold(name) : process != 0 && lives(process);
}

namespace {

std::string inUse() { return errorText(EADDRINUSE); }

/// Asks who has the socket file `at`. Returns "" if nobody has it, else why it cannot be replaced.
/// A datagram socket asks: the kernel says that a stream socket is of another type, and its owner
/// hears nothing. That is so from bind on, before the owner listens.
std::string whoHas(const Address& at) {
  const int probe = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  if (probe < 0) return errorText(errno);
  static_cast<void>(::fcntl(probe, F_SETFD, FD_CLOEXEC));
  const SocketAddress native = toNative(at);
  const int error = ::connect(probe, native.get(), native.length) == 0 ? 0 : errno;
  ::close(probe);
  if (error == ECONNREFUSED || error == ENOENT) return {};
  if (error == 0 || error == EPROTOTYPE) return inUse() + ": another socket has this file";
  return inUse() + ": a socket file is there, and whether somebody uses it cannot be asked: " + errorText(error);
}

}  // namespace

UnixFile::~UnixFile() {
  if (path_.empty()) return;
  struct stat now{};
  if (::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_) ::unlink(path_.c_str());
}

/// Binds, and replaces a leftover. Returns why it failed, or "".
std::string UnixFile::bindTo(int descriptor, const Address& at) {
  const SocketAddress native = toNative(at);
  const std::string& path = at.path();
  for (int i = 0; i < kTries; ++i) {
    if (::bind(descriptor, native.get(), native.length) == 0) return {};
    if (errno != EADDRINUSE) return errorText(errno);
    if (at.abstract()) return inUse() + ": another socket has this name";
    struct stat found{}, again{};
    if (::lstat(path.c_str(), &found) != 0) {
      if (errno == ENOENT) continue;  // it has just gone
      return errorText(errno);
    }
    if (!S_ISSOCK(found.st_mode)) return inUse() + ": a file that is no socket is there";
    if (std::string why = whoHas(at); !why.empty()) return why;
    // Somebody else may have replaced the leftover meanwhile.
    if (::lstat(path.c_str(), &again) != 0 || again.st_dev != found.st_dev || again.st_ino != found.st_ino) continue;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return "a leftover socket cannot be removed: " + errorText(errno);
  }
  return inUse() + ": the file changes all the time";
}

/// Makes a listening socket of the descriptor. Returns why it failed, or "".
std::string UnixFile::become(int descriptor, const Address& at, const ListenOptions& options) {
  if (options.wantPID)
    if (std::string why = lock_.acquire(at.path()); !why.empty()) return why;
  if (std::string why = bindTo(descriptor, at); !why.empty()) return why;
  if (!at.abstract()) {
    struct stat made{};
    if (::lstat(at.path().c_str(), &made) != 0) return errorText(errno);
    path_ = at.path();
    device_ = made.st_dev;
    inode_ = made.st_ino;
    if (::chmod(path_.c_str(), static_cast<mode_t>(options.mode)) != 0)
      return "the mode of the file cannot be set: " + errorText(errno);
  }
  return ::listen(descriptor, options.backlog) == 0 ? std::string() : errorText(errno);
}

int UnixFile::open(const Address& at, const ListenOptions& options, Blocking blocking, Failure& why) {
  const int descriptor = openSocket(AF_UNIX, blocking);
  const std::string problem = descriptor < 0 ? errorText(errno) : become(descriptor, at, options);
  if (problem.empty()) return descriptor;
  why = Failure(CannotListenError("cannot listen on " + at.text() + ": " + problem));
  if (descriptor >= 0) ::close(descriptor);
  return -1;
}

}  // namespace teasel::posix
