#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace teasel::posix {

/// A file that lines are appended to, for logs. It can be opened anew under its name, after
/// something has renamed it (log rotation). Any thread may call its methods.
class AppendFile {
 public:
  /// Standard error, which is never closed nor opened anew.
  AppendFile();
  /// Opens `path` for appending, and creates it with mode 0644 (less the umask) if it is missing.
  /// Throws std::runtime_error, which names the file and says why. A relative path counts from the
  /// working directory of this moment.
  explicit AppendFile(const std::string& path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// Whether it is standard error.
  bool standardError() const noexcept { return path_.empty(); }
  /// The absolute path; empty for standard error.
  const std::string& path() const noexcept { return path_; }
  /// Whether append waits, for at most a second, for a pipe that is full and does not block.
  enum class Patience : bool { kNone, kSecond };
  /// Appends a text in one piece. Returns "" on success, otherwise why the text, or the end of it,
  /// could not be written. A text whose end was lost in the middle of a line gets an end of line
  /// before the next text.
  std::string append(std::string_view text, Patience patience = Patience::kSecond);
  /// Opens the file anew under its name. Returns "" on success, otherwise why; the old file stays
  /// in use then. Does nothing for standard error.
  std::string reopen();

 private:
  std::string write(std::string_view text, Patience patience);

  std::string path_;
  std::mutex mutex_;
  int descriptor_;
  bool torn_ = false;  // the last line has no end
};

}  // namespace teasel::posix
