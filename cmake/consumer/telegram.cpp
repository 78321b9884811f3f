#include "telegram.hpp"

#include <stdexcept>

namespace {

std::uint64_t numberOf(teasel::ByteView bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string bytesOf(std::uint64_t number, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = size; at-- > 0; number >>= 8) bytes[at] = static_cast<char>(number & 0xff);
  return bytes;
}

}  // namespace

void Telegram::dataReceived(teasel::ByteView data) {
  pending_ += data.text();
  const teasel::ByteView all(pending_);
  std::size_t at = 0;
  while (!transport().disconnecting() && all.size() - at >= kHeader) {
    const std::size_t size = numberOf(all.sub(at + 1, 2));
    if (size > kMaxPayload) {
      transport().failConnection(teasel::Failure(teasel::LimitExceeded("a telegram's length limit", kMaxPayload, size)));
      break;
    }
    if (all.size() - at - kHeader < size) break;
    telegramReceived(all[at], all.sub(at + kHeader, size));
    at += kHeader + size;
  }
  pending_.erase(0, at);
}

void Telegram::telegramReceived(char kind, teasel::ByteView payload) {
  if (kind == 'a' && payload.size() <= kMaxNumber) total_ += numberOf(payload);
  else if (kind == 'p') reply(payload);
  else if (kind == 't' && payload.empty()) reply(bytesOf(total_, 8));
  else if (kind == 'q' && payload.empty()) transport().loseConnection();
  else transport().failConnection(teasel::Failure(std::runtime_error("no telegram of kind '" + std::string(1, kind) + "'")));
}

void Telegram::reply(teasel::ByteView payload) { transport().write("r" + bytesOf(payload.size(), 2) + payload.str()); }
