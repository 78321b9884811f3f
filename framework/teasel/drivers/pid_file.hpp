#pragma once

#include <atomic>
#include <stdexcept>
#include <string>

namespace teasel::posix {

/// The PID file cannot be had. The text names the file and says why.
class PidFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A living process holds the PID file.
class PidFileHeld : public PidFileError {
 public:
  /// `pid` is 0 when the file does not say which process it is.
  PidFileHeld(const std::string& path, int pid);
  int pid() const noexcept { return pid_; }

 private:
  int pid_;
};

/// A file that holds the number of this process while the process runs, so that others can send it
/// signals, and so that it runs only once.
///
/// The holder keeps a lock on the file (flock), which ends with the process. A file that names no
/// living process is stale: it is replaced. So is one that names this very process, because that is
/// left from an earlier life, as in a container where each start has the same number. A file whose
/// process lives is refused although it is not locked: another program may have written it. A file
/// that holds anything else than one number and white space is refused, and stays as it is.
///
/// The file appears complete, under its name, in one step: no reader sees a part of it. Of several
/// processes that start at once, one gets it. The folder must be writable, on a file system with
/// hard links.
class PidFile {
 public:
  /// Throws PidFileHeld and PidFileError, and leaves nothing behind then. A relative path counts
  /// from the working directory of this moment.
  explicit PidFile(const std::string& path);
  /// Removes the file.
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

  /// Removes the file if it is still the one that this object wrote. Any thread may call it, also
  /// several at once; only the first call does something.
  void remove() noexcept;
  /// The absolute path.
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  std::atomic<int> descriptor_{-1};  // holds the lock; -1 once the file was removed
};

}  // namespace teasel::posix
