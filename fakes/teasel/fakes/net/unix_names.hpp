#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <teasel/core/address.hpp>

namespace teasel::fakes {

class StreamListener;

/// What the hosts of a network have in place of files for UNIX sockets: the socket files, the
/// abstract names, the locks of wantPID, and files that are no sockets. Each host has a space of
/// its own. Paths are compared byte by byte: there are no folders, links or permissions.
///
/// The file of a socket whose process has crashed stays: it is a leftover, which a later listen
/// replaces. Abstract names go with their process.
class UnixNames {
 public:
  /// What stands under a name.
  enum class State : std::uint8_t { kNothing, kListening, kLeftover, kNoSocket };

  void restart() noexcept;
  State stateOf(std::uint8_t host, const Address& at) const noexcept;
  bool has(std::uint8_t host, const Address& at) const noexcept { return stateOf(host, at) != State::kNothing; }
  /// Who listens under the name; null if nobody does.
  StreamListener* listenerAt(std::uint8_t host, const Address& at) const noexcept;
  /// Whether a living process holds the lock of the name.
  bool locked(std::uint8_t host, const Address& at) const noexcept;

  /// `listener` gets the name, which must be free or a leftover.
  void take(std::uint8_t host, const Address& at, StreamListener& listener);
  /// `listener` gets the lock of the name, which no living process must hold.
  void lock(std::uint8_t host, const Address& at, StreamListener& listener);
  /// The listener has stopped: what it has is removed.
  void release(const StreamListener& listener) noexcept;
  /// The process of the listener is gone: its file and its lock stay behind.
  void abandon(const StreamListener& listener) noexcept;
  /// Puts a file that is no socket there, in place of what is there.
  void placeFile(std::uint8_t host, const Address& at);
  /// Removes what is there, as unlink(2) does: a socket that is listened on becomes unreachable.
  /// Returns whether anything was there.
  bool removeFile(std::uint8_t host, const Address& at) noexcept;

 private:
  struct Name {
    Address at;
    StreamListener* owner;  // null: a leftover, or no socket
    std::uint8_t host;
    bool socket;
  };
  struct Lock {
    Address at;
    StreamListener* holder;  // null: its process is gone
    std::uint8_t host;
  };
  const Name* find(std::uint8_t host, const Address& at) const noexcept;

  std::vector<Name> names_;
  std::vector<Lock> locks_;
};

}  // namespace teasel::fakes
