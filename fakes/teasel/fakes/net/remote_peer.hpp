#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/net/network.hpp>

namespace teasel::fakes {

/// The far end of a connection when it is no simulated host: the Play or the test moves it. It
/// sends what it is told to send and keeps what it receives. None of its methods runs user code;
/// the host hears of them in its next turn.
///
/// World::peer and World::connect give one. The world or the StringTransport that made it owns it.
class RemotePeer final : public StreamEnd {
 public:
  /// The most bytes that received() keeps. Further ones are only counted.
  static constexpr std::size_t kReceivedKept = std::size_t{64} << 20;

  explicit RemotePeer(Network& network) noexcept : network_(network) {}
  RemotePeer(const RemotePeer&) = delete;
  RemotePeer& operator=(const RemotePeer&) = delete;
  /// Closes the connection: the host sees an end of stream.
  ~RemotePeer() { close(); }

  // What it received ------------------------------------------------------------------------------
  /// Everything that it received since it connected or since clear().
  ByteView received() const noexcept { return received_; }
  std::string takeReceived() { return std::exchange(received_, {}); }
  void clear() noexcept { received_.clear(); }
  /// How many bytes it received since it connected, those beyond kReceivedKept included.
  std::uint64_t receivedCount() const noexcept { return count_; }
  /// The host ended its direction.
  bool sawEof() const noexcept { return sawEof_; }
  /// The host or the network reset the connection.
  bool sawReset() const noexcept { return sawReset_; }
  /// The listener of the host refused the connection, or nobody answered.
  bool sawRefusal() const noexcept { return refused_; }
  /// It is connected or on the way there. False before, and as soon as either side has ended the
  /// connection.
  bool open() const noexcept { return stream_ != nullptr && !sawReset_; }
  bool everConnected() const noexcept { return ever_; }
  bool eofSent() const noexcept { return eofSent_; }
  /// Bytes of the host that wait in its window because this side does not read.
  std::size_t unread() const noexcept { return stream_ == nullptr ? 0 : in().available(); }

  // What it does; each returns false when that has no effect --------------------------------------
  /// Sends bytes. The window of the host does not bound them: what does not fit waits here.
  bool send(ByteView bytes);
  /// What was sent before and what is sent after share no delivery.
  bool cut();
  /// Ends its direction; it still reads. `withLast`: the host notices the end in the same turn as
  /// the last bytes.
  bool endOfStream(bool withLast = false);
  /// Resets the connection: bytes that have not arrived are lost.
  bool reset();
  /// Gives up both directions. With unread input this is a reset. What the host sends afterwards
  /// meets a reset.
  bool close();
  /// Reads nothing until read(): the window of the host fills.
  bool stopReading();
  /// Takes up to `count` bytes that the host has sent or sends; 0 goes back to taking everything.
  /// Only after stopReading.
  bool read(std::uint64_t count);
  /// Of the next write of the host, at most `count` bytes are taken at once.
  bool shortWrite(std::uint64_t count);

  // Connecting: for World and StringTransport only; a test calls World::connect -------------------
  /// As the caller (Network::connectFromRemote), or as the server of an offered stream. `entity`
  /// keys its choices.
  void connect(std::size_t port, std::uint32_t entity);
  void accept(Stream& offered, std::uint32_t entity);
  /// As new. Nobody is told.
  void restart() noexcept;
  const Stream* stream() const noexcept { return stream_; }

 private:
  void arrived() override;
  bool readAtOnce(ByteView bytes) override;
  void keep(ByteView bytes);
  void roomAgain() override {}
  void established() override {}
  void refused(bool routed) override;
  void unanswered() override { refused(true); }
  void deadline() override {}
  bool writable() const noexcept { return stream_ != nullptr && !eofSent_ && !stream_->side[side_].wasReset; }
  Pipe& in() const noexcept { return stream_->side[1 - side_].out; }

  Network& network_;
  Stream* stream_ = nullptr;
  std::string received_;
  std::uint64_t count_ = 0;
  std::uint64_t allowance_ = 0;  // bytes that it may still take while it does not read freely
  int side_ = 0;
  bool reading_ = true, sawEof_ = false, sawReset_ = false, refused_ = false, eofSent_ = false, ever_ = false;
};

}  // namespace teasel::fakes
