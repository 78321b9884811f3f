#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace teasel::posix {

/// The program that supervises this process, such as systemd, and wants to know how far it is. The
/// protocol is that of sd_notify(3): datagrams of text go to the UNIX socket that NOTIFY_SOCKET
/// names.
class Supervisor {
 public:
  /// The longest state that notify sends, in bytes.
  static constexpr std::size_t kMaxState = 4096;

  /// From the environment variable NOTIFY_SOCKET. Without it there is no supervisor.
  Supervisor();
  /// `address` is an absolute path, or a name that begins with "@" (an abstract address, on Linux).
  /// An empty one means that there is no supervisor.
  explicit Supervisor(std::string address) : address_(std::move(address)) {}

  /// Whether there is one to be told.
  bool present() const noexcept { return !address_.empty(); }
  /// Sends assignments, one per line, for example "READY=1\nSTATUS=listening". Waits at most a
  /// second when the supervisor does not read. Returns "" on success and where nobody is to be
  /// told, otherwise one line that says what is wrong.
  std::string notify(std::string_view state) const;

 private:
  std::string address_;
};

}  // namespace teasel::posix
