#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace teasel {

/// The sockets that a service manager has opened and passes to this process, as systemd does it
/// (sd_listen_fds(3)): they are the descriptors from 3 on. The model is
/// twisted.python.systemd.ListenFDs. Driver::listenFDs gives those of the process; this class
/// itself reads no environment.
class ListenFDs {
 public:
  static constexpr int kFirst = 3;
  /// How many sockets are accepted.
  static constexpr std::size_t kMost = 1024;
  struct Inherited {
    int fd;
    std::string name;  ///< FileDescriptorName= of the socket unit; "unknown" if nobody named it
  };

  /// None, because of `why`.
  explicit ListenFDs(std::string why) : why_(std::move(why)) {}
  /// From the values of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES; nothing for one that is not set.
  /// `pid` is the number of this process. The sockets are meant for the process LISTEN_PID only.
  /// LISTEN_FDNAMES has one name for each, with colons between them. Values that make no sense give
  /// no sockets, and why() says which.
  ListenFDs(std::optional<std::string_view> listenPid, std::optional<std::string_view> listenFds,
            std::optional<std::string_view> names, long pid);

  /// In the order of the service manager, which is that of the socket unit.
  const std::vector<Inherited>& sockets() const noexcept { return sockets_; }
  /// Twisted's names for the same.
  std::vector<int> inheritedDescriptors() const;
  /// The socket of this name: the first, if several have it. Nothing if none has it.
  std::optional<int> named(std::string_view name) const;
  /// Why there are no sockets; "" if there are some.
  const std::string& why() const noexcept { return why_; }

 private:
  std::vector<Inherited> sockets_;
  std::string why_;
};

}  // namespace teasel
