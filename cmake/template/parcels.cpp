#include "parcels.hpp"

#include <stdexcept>

void Parcels::dataReceived(teasel::ByteView data) {
  pending_ += data.text();
  // The planted fault: the header of a large parcel has three bytes, and the third may not be here
  // yet. Say `pending_.size() >= 2 && pending_.size() >= headerSize()` and it is mended.
  while (!transport().disconnecting() && pending_.size() >= 2) {
    if (!begun_) payload_ = payloadSize();
    begun_ = true;
    if (pending_.size() < headerSize() + payload_) break;
    const std::string parcel = pending_.substr(0, headerSize() + payload_);
    const std::size_t header = headerSize();
    pending_.erase(0, parcel.size());
    begun_ = false;
    parcelReceived(parcel[0], teasel::ByteView(parcel).sub(header, parcel.size() - header));
  }
}

std::size_t Parcels::headerSize() const noexcept { return pending_[0] == 'l' ? 3 : 2; }

std::size_t Parcels::payloadSize() const noexcept {
  const auto byte = [this](std::size_t at) -> std::size_t {
    return at < pending_.size() ? static_cast<unsigned char>(pending_[at]) : 0;
  };
  return pending_[0] == 'l' ? byte(1) << 8 | byte(2) : byte(1);
}

void Parcels::parcelReceived(char kind, teasel::ByteView payload) {
  total_ += payload.size();
  std::string number(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) number[i] = static_cast<char>(total_ >> (56 - 8 * i));
  if (kind == 'e') transport().write("e" + std::string(1, static_cast<char>(payload.size())) + payload.str());
  else if (kind == 't' && payload.empty()) transport().write("t\b" + number);
  else if (kind != 'l')
    transport().failConnection(teasel::Failure(std::runtime_error("no parcel of kind '" + std::string(1, kind) + "'")));
}
