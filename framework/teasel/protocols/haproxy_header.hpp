#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include <teasel/core/address.hpp>
#include <teasel/core/byte_view.hpp>

namespace teasel {

/// A PROXY header was refused. what() says what was wrong, what was seen, and at which byte.
/// Twisted's names for it are InvalidProxyHeader, MissingAddressData and InvalidNetworkProtocol.
class HaproxyError : public std::runtime_error {
 public:
  enum class Problem : std::uint8_t {
    kSignature,  ///< the first bytes are those of no PROXY header
    kLineEnd,    ///< version 1: CR without LF, or LF without CR
    kProtocol,   ///< version 1: neither TCP4 nor TCP6 nor UNKNOWN
    kMissing,    ///< version 1: the line ends where a field should be
    kTrailing,   ///< version 1: the line goes on behind the last field
    kAddress,    ///< an address that its family does not have
    kPort,       ///< version 1: no number from 0 to 65535 without leading zeros
    kVersion,    ///< version 2: another version behind the signature
    kCommand,    ///< version 2: neither LOCAL nor PROXY
    kFamily,     ///< version 2: a family or a transport protocol that does not exist
    kTooShort,   ///< version 2: the length leaves no room for the addresses of the family
    kTooLong,    ///< longer than the limit
    kTlv,        ///< version 2: a TLV that goes beyond the end of the header
    kChecksum,   ///< version 2: the CRC32c TLV is malformed, doubled, or not that of the header
    kTimedOut,   ///< the header did not end in time
    kUntrusted   ///< this peer may not send a PROXY header
  };
  /// `at`: how many bytes of the header stand before the place where the problem shows.
  HaproxyError(Problem problem, std::size_t at, const std::string& what);
  Problem problem() const noexcept { return problem_; }
  std::size_t at() const noexcept { return at_; }

 private:
  Problem problem_;
  std::size_t at_;
};

/// What a PROXY header says.
struct HaproxyHeader {
  /// 1: a line of text. 2: binary.
  int version = 0;
  /// The proxy speaks for itself, for example to see whether the server is alive. The addresses of
  /// the connection are the true ones. Version 2 only. It does not tell a check from a client:
  /// HAProxy 2.6.12 says this of clients that came over a UNIX socket, too, and a check of version
  /// 1 looks like a client over TCP.
  bool local = false;
  /// The client sent a datagram (UDP, or a UNIX datagram). Version 2 only.
  bool datagram = false;
  /// Whether the header names addresses. It does not if `local`, and for UNKNOWN and UNSPEC.
  bool addressed = false;
  /// The client's address, as the proxy saw it. None if the header names no addresses.
  Address source;
  /// The address that the client connected to. None if the header names no addresses.
  Address destination;
  /// The bytes of the header.
  std::size_t size = 0;
};

/// Reads one PROXY header in pieces. The format is HAProxy's PROXY protocol, versions 1 and 2
/// (https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt).
///
/// What it says depends on the stream alone and not on how the stream is cut: the header, or the
/// error with its position, and how many bytes are taken. An error is found at the first byte that
/// shows it in the signature and in the fixed part of version 2. Further errors are found when the
/// header is whole. It keeps at most the bytes of one header.
///
/// Version 1 is a line of at most 107 bytes with its CRLF. Version 2 has 16 bytes, and then as many
/// as its length field says. TLVs are checked for their bounds and skipped. Only the CRC32c TLV is
/// used: if there is one, the checksum must be that of the header. As the format demands, LOCAL
/// ignores all that follows the length, and UNKNOWN ignores the rest of its line.
class HaproxyParser {
 public:
  static constexpr std::size_t kMaxLine = 107;
  /// The signature, version and command, family, and length of version 2.
  static constexpr std::size_t kFixedSize = 16;
  static constexpr std::size_t kDefaultMaxLength = 4096;

  /// `maxLength` is how large the length field of version 2 may be: addresses and TLVs. A length
  /// above it is refused as soon as it is read, and nothing is reserved for it.
  explicit HaproxyParser(std::size_t maxLength = kDefaultMaxLength) noexcept : maxLength_(maxLength) {}

  /// Takes bytes, and returns how many of them it took. All of them while the header goes on. The
  /// bytes behind the end of the header, or behind the byte that showed an error, are left. Takes
  /// nothing once header() or error() is there.
  std::size_t feed(ByteView data);
  /// The header, once it is whole and correct.
  const std::optional<HaproxyHeader>& header() const noexcept { return header_; }
  /// Why the header is refused.
  const std::optional<HaproxyError>& error() const noexcept { return error_; }
  bool done() const noexcept { return header_.has_value() || error_.has_value(); }
  /// The bytes that were taken so far.
  std::size_t taken() const noexcept { return taken_; }

 private:
  void take(char byte);
  void takeOfLine(char byte);
  void takeOfBinary();
  void checkFamily();
  void checkLength();
  void refuse(HaproxyError::Problem problem, std::size_t at, const std::string& what);
  void finishLine();
  void finishBinary();

  std::size_t maxLength_;
  std::size_t wanted_ = 0;  // version 2: the size of the whole header, once its length is known
  std::size_t taken_ = 0;
  std::string bytes_;
  std::optional<HaproxyHeader> header_;
  std::optional<HaproxyError> error_;
};

}  // namespace teasel
