#include <teasel/protocols/haproxy_header.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <teasel/protocols/detail/crc32c.hpp>

namespace teasel {

namespace {

using Problem = HaproxyError::Problem;

constexpr std::string_view kLineSignature = "PROXY ";
constexpr std::string_view kBinarySignature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kCommandAt = 12, kFamilyAt = 13, kLengthAt = 14;
/// A TLV has a byte for its type, and two for its length.
constexpr std::size_t kTlvHead = 3;
constexpr unsigned char kChecksumType = 0x03;
constexpr std::size_t kChecksumSize = 4;

enum class Family : std::uint8_t { kUnspecified = 0, kIPv4 = 1, kIPv6 = 2, kUnix = 3 };

unsigned char byteAt(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }
std::uint16_t shortAt(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byteAt(bytes, at) << 8 | byteAt(bytes, at + 1));
}
std::string quoted(std::string_view text) { return '"' + escaped(text, HaproxyParser::kMaxLine) + '"'; }

/// A port as the format writes it: without sign, blanks and leading zeros.
std::optional<std::uint16_t> parsePort(std::string_view text) {
  std::uint16_t port = 0;
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// What is wrong, and where. Both readers below return it instead of a header.
struct Wrong {
  Problem problem;
  std::size_t at;
  std::string what;
};

/// Reads the fields of a line without its CRLF.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line) {}

  std::optional<Wrong> read(HaproxyHeader& header) {
    header.version = 1;
    std::string_view protocol;
    if (!next("the protocol", protocol)) return wrong_;
    if (protocol == "UNKNOWN") return std::nullopt;
    if (protocol != "TCP4" && protocol != "TCP6")
      return Wrong{Problem::kProtocol, begin_, quoted(protocol) + " is neither TCP4 nor TCP6 nor UNKNOWN"};
    const bool wide = protocol == "TCP6";
    Address source, destination;
    std::uint16_t from = 0, to = 0;
    if (!address("the source address", wide, source) || !address("the destination address", wide, destination) ||
        !port("the source port", from) || !port("the destination port", to))
      return wrong_;
    if (at_ <= line_.size())
      return Wrong{Problem::kTrailing, at_ - 1, quoted(line_.substr(at_ - 1)) + " stands behind the last field"};
    header.addressed = true;
    header.source = source.withPort(from);
    header.destination = destination.withPort(to);
    return std::nullopt;
  }

 private:
  /// The field that begins at at_, up to a blank or the end of the line.
  bool next(const char* what, std::string_view& field) {
    begin_ = at_;
    if (at_ > line_.size()) {
      wrong_ = Wrong{Problem::kMissing, line_.size(), std::string("the line ends before ") + what};
      return false;
    }
    const std::size_t end = std::min(line_.find(' ', at_), line_.size());
    field = line_.substr(at_, end - at_);
    at_ = end + 1;
    return true;
  }
  bool address(const char* what, bool wide, Address& address) {
    std::string_view field;
    if (!next(what, field)) return false;
    const auto parsed = Address::parse(field, 0);
    if (parsed && (parsed->family() == Address::Family::kIPv6) == wide) {
      address = *parsed;
      return true;
    }
    wrong_ = Wrong{Problem::kAddress, begin_,
                   std::string(what) + ' ' + quoted(field) + " is no IPv" + (wide ? '6' : '4') + " address"};
    return false;
  }
  bool port(const char* what, std::uint16_t& port) {
    std::string_view field;
    if (!next(what, field)) return false;
    const auto parsed = parsePort(field);
    if (parsed) {
      port = *parsed;
      return true;
    }
    wrong_ = Wrong{Problem::kPort, begin_,
                   std::string(what) + ' ' + quoted(field) + " is no number from 0 to 65535 without leading zeros"};
    return false;
  }

  std::string_view line_;
  std::size_t at_ = kLineSignature.size(), begin_ = at_;  // at_: where the next field begins
  std::optional<Wrong> wrong_;
};

/// Reads a whole header of version 2 whose fixed part was checked.
class BinaryReader {
 public:
  explicit BinaryReader(std::string_view bytes) : bytes_(bytes) {}

  static std::size_t addressSize(Family family) {
    constexpr std::array<std::size_t, 4> kSizes = {0, 12, 36, 216};
    return kSizes[static_cast<std::size_t>(family)];
  }
  Family family() const { return static_cast<Family>(byteAt(bytes_, kFamilyAt) >> 4); }
  bool local() const { return (byteAt(bytes_, kCommandAt) & 0xf) == 0; }
  /// Whether the header names addresses.
  bool addressed() const { return !local() && family() != Family::kUnspecified && transport() != 0; }

  std::optional<Wrong> read(HaproxyHeader& header) {
    header.version = 2;
    header.local = local();
    if (!addressed()) return std::nullopt;
    header.datagram = transport() == 2;
    if (auto wrong = addresses(header)) return wrong;
    header.addressed = true;
    return tlvs();
  }

 private:
  unsigned transport() const { return byteAt(bytes_, kFamilyAt) & 0xf; }

  std::optional<Wrong> addresses(HaproxyHeader& header) {
    constexpr std::size_t kAt = HaproxyParser::kFixedSize;
    switch (family()) {
      case Family::kUnspecified: break;
      case Family::kIPv4:
        header.source = ip<4>(kAt, kAt + 8);
        header.destination = ip<4>(kAt + 4, kAt + 10);
        break;
      case Family::kIPv6:
        header.source = ip<16>(kAt, kAt + 32);
        header.destination = ip<16>(kAt + 16, kAt + 34);
        break;
      case Family::kUnix:
        if (auto wrong = path(kAt, header.source)) return wrong;
        return path(kAt + kPathSize, header.destination);
    }
    return std::nullopt;
  }
  template <std::size_t N>
  Address ip(std::size_t at, std::size_t port) const {
    std::array<std::uint8_t, N> bytes{};
    for (std::size_t i = 0; i < N; ++i) bytes[i] = byteAt(bytes_, at + i);
    if constexpr (N == 4) return Address::ipv4(bytes, shortAt(bytes_, port));
    else return Address::ipv6(bytes, shortAt(bytes_, port));
  }
  /// The path of a UNIX socket: up to its first NUL. An abstract name begins with one; NULs at its
  /// end only fill the field.
  std::optional<Wrong> path(std::size_t at, Address& address) const {
    std::string_view path = bytes_.substr(at, kPathSize);
    if (path[0] != '\0') path = path.substr(0, path.find('\0'));
    else path = path.substr(0, path.find_last_not_of('\0') + 1);
    if (path.size() > Address::kMaxUnixPath)
      return Wrong{Problem::kAddress, at,
                   "a UNIX address of " + std::to_string(path.size()) + " bytes, at most " +
                       std::to_string(Address::kMaxUnixPath) + " are possible"};
    address = Address::unixPath(std::string(path));
    return std::nullopt;
  }

  std::optional<Wrong> tlvs() const {
    std::size_t checksum = 0;
    for (std::size_t at = HaproxyParser::kFixedSize + addressSize(family()); at < bytes_.size();) {
      const std::size_t left = bytes_.size() - at;
      if (left < kTlvHead)
        return Wrong{Problem::kTlv, at, "a TLV of " + std::to_string(left) + " bytes, its type and length alone have 3"};
      const std::size_t size = shortAt(bytes_, at + 1);
      if (size > left - kTlvHead)
        return Wrong{Problem::kTlv, at + 1,
                     "a TLV of " + std::to_string(size) + " bytes where " + std::to_string(left - kTlvHead) + " are left"};
      if (byteAt(bytes_, at) == kChecksumType) {
        if (checksum != 0) return Wrong{Problem::kChecksum, at, "a second CRC32c TLV"};
        if (size != kChecksumSize)
          return Wrong{Problem::kChecksum, at + 1, "a CRC32c TLV of " + std::to_string(size) + " bytes, it has 4"};
        checksum = at + kTlvHead;
      }
      at += kTlvHead + size;
    }
    return checksum == 0 ? std::nullopt : compare(checksum);
  }
  /// The checksum is made with zeros in its own place.
  std::optional<Wrong> compare(std::size_t at) const {
    detail::Crc32c crc;
    crc.add(bytes_.substr(0, at));
    crc.add(std::string_view("\0\0\0\0", kChecksumSize));
    crc.add(bytes_.substr(at + kChecksumSize));
    const std::uint32_t said = std::uint32_t{shortAt(bytes_, at)} << 16 | shortAt(bytes_, at + 2);
    if (crc.value() == said) return std::nullopt;
    return Wrong{Problem::kChecksum, at,
                 "the CRC32c TLV says " + std::to_string(said) + ", the header has " + std::to_string(crc.value())};
  }

  static constexpr std::size_t kPathSize = 108;
  std::string_view bytes_;
};

}  // namespace

HaproxyError::HaproxyError(Problem problem, std::size_t at, const std::string& what)
    : std::runtime_error("PROXY header refused at byte " + std::to_string(at) + ": " + what), problem_(problem), at_(at) {}

std::size_t HaproxyParser::feed(ByteView data) {
  std::size_t took = 0;
  while (took < data.size() && !done()) {
    ++taken_;
    take(data[took++]);
  }
  return took;
}

void HaproxyParser::take(char byte) {
  bytes_.push_back(byte);
  const bool line = bytes_[0] == kLineSignature[0];
  const std::string_view signature = line ? kLineSignature : kBinarySignature;
  if (taken_ > signature.size()) return line ? takeOfLine(byte) : takeOfBinary();
  if (byte != signature[taken_ - 1])
    refuse(Problem::kSignature, taken_ - 1,
           quoted(bytes_) + " is the beginning of neither " + quoted(kLineSignature) + " nor " + quoted(kBinarySignature));
}

void HaproxyParser::takeOfLine(char byte) {
  const bool afterReturn = bytes_[taken_ - 2] == '\r';
  if (byte == '\n' && afterReturn) return finishLine();
  if (byte == '\n') return refuse(Problem::kLineEnd, taken_ - 1, "LF without CR");
  if (afterReturn) return refuse(Problem::kLineEnd, taken_ - 1, "CR without LF");
  if (taken_ == kMaxLine) refuse(Problem::kTooLong, taken_, "a line has at most 107 bytes with its CRLF");
}

void HaproxyParser::takeOfBinary() {
  const unsigned char last = byteAt(bytes_, taken_ - 1);
  switch (taken_ - 1) {
    case kCommandAt:
      if (last >> 4 != 2) refuse(Problem::kVersion, kCommandAt, "version " + std::to_string(last >> 4) + ", only 2 is known");
      else if ((last & 0xf) > 1)
        refuse(Problem::kCommand, kCommandAt, "command " + std::to_string(last & 0xf) + " is neither LOCAL (0) nor PROXY (1)");
      return;
    case kFamilyAt: return checkFamily();
    case kLengthAt: return;
    case kFixedSize - 1: checkLength(); break;
    default: break;
  }
  if (!done() && taken_ == wanted_) finishBinary();
}

void HaproxyParser::checkFamily() {
  const unsigned char byte = byteAt(bytes_, kFamilyAt);
  if (BinaryReader(bytes_).local()) return;
  if (byte >> 4 > 3)
    refuse(Problem::kFamily, kFamilyAt, "address family " + std::to_string(byte >> 4) + ", those known are 0 to 3");
  else if ((byte & 0xf) > 2)
    refuse(Problem::kFamily, kFamilyAt, "transport protocol " + std::to_string(byte & 0xf) + ", those known are 0 to 2");
}

void HaproxyParser::checkLength() {
  const std::size_t length = shortAt(bytes_, kLengthAt);
  const BinaryReader reader(bytes_);
  const std::size_t needed = reader.addressed() ? BinaryReader::addressSize(reader.family()) : 0;
  if (length > maxLength_)
    return refuse(Problem::kTooLong, kLengthAt,
                  "a length of " + std::to_string(length) + ", the limit is " + std::to_string(maxLength_));
  if (length < needed)
    return refuse(Problem::kTooShort, kLengthAt,
                  "a length of " + std::to_string(length) + ", the addresses need " + std::to_string(needed));
  wanted_ = kFixedSize + length;
}

void HaproxyParser::refuse(Problem problem, std::size_t at, const std::string& what) {
  error_.emplace(problem, at, what);
  bytes_ = {};
}

void HaproxyParser::finishLine() {
  HaproxyHeader header;
  header.size = taken_;
  const std::string line = bytes_.substr(0, taken_ - 2);
  if (const auto wrong = LineReader(line).read(header)) return refuse(wrong->problem, wrong->at, wrong->what);
  header_ = header;
  bytes_ = {};
}

void HaproxyParser::finishBinary() {
  HaproxyHeader header;
  header.size = taken_;
  if (const auto wrong = BinaryReader(bytes_).read(header)) return refuse(wrong->problem, wrong->at, wrong->what);
  header_ = header;
  bytes_ = {};
}

}  // namespace teasel
