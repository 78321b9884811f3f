#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/net/network.hpp>

namespace teasel::fakes {

/// The far end of a connection when it is no simulated host but the Play, or the test: it sends
/// what it is told and keeps what it gets. Nothing it does runs user code; the host hears of it in
/// its next turn.
class RemotePeer final : public StreamEnd {
 public:
  /// Bytes kept in received(); beyond that they are only counted.
  static constexpr std::size_t kReceivedKept = std::size_t{64} << 20;

  explicit RemotePeer(Network& network) noexcept : network_(network) {}
  RemotePeer(const RemotePeer&) = delete;
  RemotePeer& operator=(const RemotePeer&) = delete;
  /// Closes; the host sees an end of stream.
  ~RemotePeer() { close(); }

  // What it got -----------------------------------------------------------------------------------
  /// Everything received since the connection or clear().
  ByteView received() const noexcept { return received_; }
  std::string takeReceived() { return std::exchange(received_, {}); }
  void clear() noexcept { received_.clear(); }
  std::uint64_t receivedCount() const noexcept { return count_; }
  /// The host ended its direction.
  bool sawEof() const noexcept { return sawEof_; }
  /// The host, or the network, reset the connection.
  bool sawReset() const noexcept { return sawReset_; }
  /// The host's listener refused.
  bool sawRefusal() const noexcept { return refused_; }
  /// Connected, or on the way there; false before, and once either side has ended it all.
  bool open() const noexcept { return stream_ != nullptr && !sawReset_; }
  bool everConnected() const noexcept { return ever_; }
  bool eofSent() const noexcept { return eofSent_; }
  /// Bytes of the host that wait in its window because this side does not read.
  std::size_t unread() const noexcept { return stream_ == nullptr ? 0 : in().available(); }

  // What it does (nothing, when the connection is not open) ---------------------------------------
  bool send(ByteView bytes);
  /// What was sent so far and what follows share no delivery.
  bool cut();
  bool endOfStream(bool withLast = false);
  bool reset();
  /// Gives up both directions: unread input makes it a reset, later output of the host meets one.
  bool close();
  bool stopReading();
  /// Takes up to `count` bytes that the host sends or has sent; 0 goes back to taking everything.
  bool read(std::uint64_t count);
  /// Of the host's next write only up to `count` bytes are taken at once.
  bool shortWrite(std::uint64_t count);

  // Connecting: for World and StringTransport -----------------------------------------------------
  void connect(std::size_t port, std::uint32_t entity);
  void accept(Stream& offered, std::uint32_t entity);
  /// As new, without telling anybody.
  void restart() noexcept;
  const Stream* stream() const noexcept { return stream_; }

 private:
  void arrived() override;
  void roomAgain() override {}
  void established() override {}
  void refused(bool routed) override;
  void deadline() override {}
  bool writable() const noexcept { return stream_ != nullptr && !eofSent_ && !stream_->side[side_].wasReset; }
  Pipe& in() const noexcept { return stream_->side[1 - side_].out; }

  Network& network_;
  Stream* stream_ = nullptr;
  std::string received_;
  std::uint64_t count_ = 0;
  std::uint64_t allowance_ = 0;  // bytes it may still take while not reading freely
  int side_ = 0;
  bool reading_ = true, sawEof_ = false, sawReset_ = false, refused_ = false, eofSent_ = false, ever_ = false;
};

}  // namespace teasel::fakes
