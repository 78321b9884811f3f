#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include <teasel/protocols/protocol_wrapper.hpp>

namespace teasel {

/// Gets one line of a traffic log, without an end of line. The view is valid for the call only.
using TrafficSink = std::function<void(std::string_view line)>;

/// Limits of a TrafficLoggingFactory.
struct TrafficLogOptions {
  /// How many bytes of a chunk a line shows (Twisted: lengthLimit). Behind them the line says how
  /// many the chunk has.
  std::size_t lengthLimit = 200;
  /// How many bytes of lines the log may have. The next line says that the log is full, and it is
  /// the last one.
  std::uint64_t totalLimit = std::uint64_t{64} << 20;
};

/// Writes down what passes on the connections of another factory, and changes nothing. Bytes are
/// escaped, so a line is one line whatever a peer sends. The model is
/// twisted.protocols.policies.TrafficLoggingFactory; C is the peer, S our side:
///
///     * 1: 10.0.0.2:40000 is connected to 10.0.0.1:8000
///     C 1: "GET / HTTP/1.0\r\n\r\n"
///     S 1: "HTTP/1.0 200 OK\r\n"
///     S 1: loseConnection
///     * 1: ConnectionDone: the connection was closed cleanly
///
/// The number is that of the connection. These events have lines: connectionMade, dataReceived,
/// readConnectionLost, writeConnectionLost, connectionLost, and the calls write, loseConnection,
/// failConnection, abortConnection and loseWriteConnection of the wrapped protocol.
///
/// A sink that throws loses the log and nothing else: the exception is logged, no further line is
/// written, and the connections go on.
class TrafficLoggingFactory : public WrappingFactory {
 public:
  /// Throws UsageError for a null factory and an empty sink.
  TrafficLoggingFactory(std::shared_ptr<Factory> wrapped, TrafficSink sink, TrafficLogOptions options = {});
  ~TrafficLoggingFactory() override;
  /// A sink that writes lines to a stream, which must outlive the connections, and flushes each.
  static TrafficSink to(std::ostream& out);

  std::shared_ptr<ProtocolWrapper> wrap(std::shared_ptr<Protocol> protocol) override;
  /// How many bytes of lines were written.
  std::uint64_t written() const noexcept { return written_; }
  /// Whether lines are still written: the log is not full, and the sink has not thrown.
  bool open() const noexcept { return static_cast<bool>(sink_); }

 private:
  class Wrapper;
  void line(char who, std::uint64_t number, std::string_view what);
  void put(std::string_view line);

  TrafficSink sink_;  // empty: no more lines
  TrafficLogOptions options_;
  std::uint64_t written_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace teasel
