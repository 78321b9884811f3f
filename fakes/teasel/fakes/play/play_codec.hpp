#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/play/play.hpp>

namespace teasel::fakes {

/// These options cannot write a Play: it needs an introducer where there is none, or it exceeds the
/// limits.
class CodecError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How the bytes of a fuzzer and a Play with its records turn into each other.
///
/// Raw bytes are what connection 0 sends: an input without escapes means "connect, send all this".
/// The introducer and a byte after it are an escape. Most escapes are events: kEvents has their
/// codes, and docs/events.md lists them. An event of a connection means the connection that was
/// selected last; at the start that is connection 0. The other escapes:
///
///     00            the introducer itself, as a byte
///     01 k          select connection k mod 8; connects it
///     0E e s i v    record: entity, site, index, value
///     0F 00 n       version of the Play (Play::version); absent is 1
///     0F 01 k n     connect k mod 8 to port n; selects it
///
/// k, points of time and connections are one byte each and come before other operands. Those are
/// LEB128 numbers of at most ten bytes. The introducer before anything else, before an unknown
/// extension, or before operands that the end of the input cuts short is a literal byte. Records
/// may stand anywhere; the last of equals wins, and an absent one is 0. The meaning of a code never
/// changes, and a new code comes with a new version (kCodecVersion). A version that does not exist
/// yet counts as the newest one. Without an introducer every input has version 1.
struct CodecOptions {
  /// A byte that the protocol seldom uses; 0xF5 occurs in no UTF-8 text. Without an introducer
  /// every input is raw.
  std::optional<std::uint8_t> introducer = 0xF5;
  PlayLimits limits = {};
  std::size_t records = 65'536;
};

struct Decoded {
  std::uint64_t version = 1;  ///< as the input says it
  /// How many events, bytes, connections and records were beyond the limits. Decoding goes on after
  /// them.
  std::size_t ignored = 0;
};

/// Makes `play` and `records` from any bytes. Both are cleared first and keep their memory. The
/// records are normalised, and their bounds are 0.
Decoded decode(ByteView bytes, const CodecOptions& options, Play& play, std::vector<ChoiceRecord>& records);

/// The bytes from which decode makes this Play, with its version, and these records, in normal form
/// and without bounds. Throws CodecError when the options do not allow that.
std::string encode(const Play& play, std::span<const ChoiceRecord> records, const CodecOptions& options = {});

/// The fuzzer input for a captured stream: decode gives exactly these bytes as a send. Introducers
/// in the stream are escaped.
std::string escapedForFuzzer(ByteView captured, const CodecOptions& options = {});

}  // namespace teasel::fakes
