#pragma once

#include <string>

#include <sys/types.h>

#include <teasel/core/address.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/drivers/detail/posix/system.hpp>
#include <teasel/reactor/driver.hpp>

/// The files of UNIX sockets: the socket's own file, its permissions, leftovers of processes that
/// are gone, and the lock file of wantPID. Reactor::listenUNIX says what they promise.
namespace teasel::posix {

/// Which file something is, whatever its path.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) noexcept = default;
};

/// The lock `path + ".lock"`: a symbolic link whose target is a process number. The format is that
/// of Twisted's FilesystemLock.
class UnixLock {
 public:
  UnixLock() = default;
  UnixLock(const UnixLock&) = delete;
  UnixLock& operator=(const UnixLock&) = delete;
  ~UnixLock() { release(); }

  /// Takes the lock of the socket `path`. A lock whose process is gone is replaced; so is one with
  /// our own number that this process does not hold, because numbers come back (in a container the
  /// first process is always number 1). Returns what stands in the way, as part of a sentence, or
  /// "".
  std::string acquire(const std::string& path);
  /// Removes it if it is still ours. Does nothing if it is not held, and nothing in a child of the
  /// process that took it.
  void release() noexcept;
  /// Whether a living process holds the lock of the socket `path`. Changes nothing.
  static bool isHeld(const std::string& path);

 private:
  bool make(const std::string& name, const std::string& target);

  std::string name_;  // "" if it is not held
  FileIdentity file_;
  pid_t owner_ = 0;
};

/// What a listening UNIX socket has in the file system. Its destructor removes it: first the file,
/// if it is still the one that was made, then the lock. In a child of the process that made it, it
/// removes nothing. Destroy it while the socket still listens: nobody takes the place of a living
/// socket.
class UnixFile {
 public:
  UnixFile() = default;
  UnixFile(const UnixFile&) = delete;
  UnixFile& operator=(const UnixFile&) = delete;
  ~UnixFile() { remove(); }

  /// Opens a UNIX socket that is bound to `at` and listens. Makes the file, gives it options.mode
  /// before anybody can connect, and takes the lock if options.wantPID says so. On failure returns
  /// -1 and sets `why`, a CannotListenError; then nothing is left behind.
  int open(const Address& at, const ListenOptions& options, Blocking blocking, Failure& why);

 private:
  void remove() noexcept;
  std::string bindTo(int descriptor, const Address& at);
  std::string become(int descriptor, const Address& at, const ListenOptions& options);

  UnixLock lock_;
  std::string path_;  // "" if there is no file of ours
  FileIdentity file_;
  pid_t owner_ = 0;
};

}  // namespace teasel::posix
