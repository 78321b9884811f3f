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

/// A Play that these options cannot write: it needs an introducer where there is none, or exceeds
/// the limits.
class CodecError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How the bytes of a fuzzer and a Play with its records turn into each other.
///
/// Raw bytes are what connection 0 sends: an input without escapes is "connect, send all this". The
/// introducer followed by one of 16 opcodes is an event; connection-addressed ones mean the
/// connection selected last (0 at the start).
///
///     00            the introducer itself, as a byte          08            stop reading
///     01 k          select connection k mod 8; connects it    09 n          read n
///     02            cut                                       0A n          short write of n
///     03            end of stream                             0B op arg     application operation
///     04            reset                                     0C k from n   echo n bytes of k's output
///     05 n          advance by n ms                           0D n          redeliver, n back
///     06 n          advance by n s                            0E e s i v    record: entity, site, index, value
///     07 p          next timer: before, at, after (p mod 3)   0F x          extended:
///                                                                0F 00 n       version of the format, absent is 1
///                                                                0F 01 k n     connect k mod 8 to port n; selects it
///                                                                0F 02         end of stream with the last bytes
///                                                                0F 03 n       advance by n ns
///
/// k, p and x are one byte; other operands are LEB128 numbers of at most ten bytes. The introducer
/// before anything else, before an unknown extension, or before operands that the end of the input
/// cuts short is a literal byte. Records are position-free, the last of equals wins, absent is 0.
/// Meanings never change; new ones come with a version.
struct CodecOptions {
  /// A byte that the protocol says seldom (0xF5 occurs in no UTF-8); none makes every input raw.
  std::optional<std::uint8_t> introducer = 0xF5;
  PlayLimits limits = {};
  std::size_t records = 65'536;
};

struct Decoded {
  std::uint64_t version = 1;
  /// Events, bytes, connections and records beyond the limits. Decoding goes on behind them.
  std::size_t ignored = 0;
};
inline constexpr std::uint64_t kCodecVersion = 1;

/// Makes `play` and `records` (normalised, bounds 0) from any bytes; both are cleared first and
/// keep their memory.
Decoded decode(ByteView bytes, const CodecOptions& options, Play& play, std::vector<ChoiceRecord>& records);

/// The bytes of which decode makes this Play and these records (in normal form, without their
/// bounds). Throws CodecError when the options do not allow that.
std::string encode(const Play& play, std::span<const ChoiceRecord> records, const CodecOptions& options = {});

/// What a captured stream has to look like so that decode gives just these bytes: introducers
/// escaped.
std::string escapedForFuzzer(ByteView captured, const CodecOptions& options = {});

}  // namespace teasel::fakes
