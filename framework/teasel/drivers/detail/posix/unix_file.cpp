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
/// number would look like one of ours. A lock has one file and many names: "./s.lock", a path from
/// the root, a way through links. So the file counts.
struct HeldLocks {
  std::mutex mutex;
  std::vector<FileIdentity> files;
};
HeldLocks& heldLocks() {
  static HeldLocks& locks = *new HeldLocks;  // leaked on purpose: static reactors end late
  return locks;
}
/// Which file has the name now; nothing if there is none. Follows no link.
std::optional<FileIdentity> fileAt(const std::string& name) noexcept {
  struct stat found{};
  if (::lstat(name.c_str(), &found) != 0) return std::nullopt;
  return FileIdentity{found.st_dev, found.st_ino};
}
bool weHold(const std::string& name) {
  const std::lock_guard guard(heldLocks().mutex);
  const std::optional<FileIdentity> file = fileAt(name);
  return file && std::count(heldLocks().files.begin(), heldLocks().files.end(), *file) > 0;
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
  // A second name for the same link, because its owner knows it by its file.
  if (moved && *moved != seen && ::linkat(AT_FDCWD, aside.c_str(), AT_FDCWD, name.c_str(), 0) != 0)
    static_cast<void>(::symlink(moved->c_str(), name.c_str()));
  static_cast<void>(::unlink(aside.c_str()));
}

}  // namespace

/// Makes the link, or sets errno. Another thread that asks weHold() must not see it in between.
bool UnixLock::make(const std::string& name, const std::string& target) {
  const std::lock_guard guard(heldLocks().mutex);
  if (::symlink(target.c_str(), name.c_str()) != 0) return false;
  const std::optional<FileIdentity> made = fileAt(name);
  if (!made) {  // somebody has removed it
    errno = EEXIST;
    return false;
  }
  heldLocks().files.push_back(*made);
  file_ = *made;
  name_ = name;
  owner_ = ::getpid();
  return true;
}

std::string UnixLock::acquire(const std::string& path) {
  const std::string name = path + ".lock", ours = std::to_string(::getpid());
  for (int i = 0; i < kTries; ++i) {
    if (make(name, ours)) return {};
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
  if (owner_ != ::getpid()) return;  // it is the parent's
  const std::lock_guard guard(heldLocks().mutex);
  if (fileAt(name) == file_) ::unlink(name.c_str());
  std::erase(heldLocks().files, file_);
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
  const int probe = openProbe();
  if (probe < 0) return errorText(errno);
  const SocketAddress native = toNative(at);
  const int error = ::connect(probe, native.get(), native.length) == 0 ? 0 : errno;
  ::close(probe);
  if (error == ECONNREFUSED || error == ENOENT) return {};
  if (error == 0 || error == EPROTOTYPE) return inUse() + ": another socket has this file";
  return inUse() + ": a socket file is there, and whether somebody uses it cannot be asked: " + errorText(error);
}

}  // namespace

void UnixFile::remove() noexcept {
  // A child process has a copy of this object. Only who made the file removes it.
  if (const std::string path = std::exchange(path_, {}); !path.empty() && owner_ == ::getpid() && fileAt(path) == file_)
    ::unlink(path.c_str());
  lock_.release();
}

/// Binds, and replaces a leftover. Returns why it failed, or "".
std::string UnixFile::bindTo(int descriptor, const Address& at) {
  const SocketAddress native = toNative(at);
  const std::string& path = at.path();
  for (int i = 0; i < kTries; ++i) {
    if (::bind(descriptor, native.get(), native.length) == 0) return {};
    if (errno != EADDRINUSE) return errorText(errno);
    if (at.abstract()) return inUse() + ": another socket has this name";
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) {
      if (errno == ENOENT) continue;  // it has just gone
      return errorText(errno);
    }
    if (!S_ISSOCK(found.st_mode)) return inUse() + ": a file that is no socket is there";
    if (std::string why = whoHas(at); !why.empty()) return why;
    // Somebody else may have replaced the leftover meanwhile.
    if (fileAt(path) != FileIdentity{found.st_dev, found.st_ino}) continue;
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
    const std::optional<FileIdentity> made = fileAt(at.path());
    if (!made) return errorText(errno);
    path_ = at.path();
    file_ = *made;
    owner_ = ::getpid();
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
  remove();  // while the socket is open: as long as it is, nobody takes its place
  if (descriptor >= 0) ::close(descriptor);
  return -1;
}

}  // namespace teasel::posix
