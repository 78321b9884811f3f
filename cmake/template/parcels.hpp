#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/protocol/protocol.hpp>

/// A server that counts what it is sent. A parcel is one byte of kind, its length, and so many
/// bytes. The length is one byte, of a large parcel two bytes, the high one first:
///
///     'e' LENGTH BYTES      answered by the same parcel
///     'l' LENGTH BYTES      a large parcel; not answered
///     't' 0                 answered by 't', 8 and the number of all bytes so far in 8 bytes
class Parcels : public teasel::Protocol {
 public:
  void dataReceived(teasel::ByteView data) override;
  std::uint64_t total() const noexcept { return total_; }

 protected:
  /// Called for each parcel, in order. Other kinds end the connection with a reason that says so.
  virtual void parcelReceived(char kind, teasel::ByteView payload);

 private:
  std::size_t headerSize() const noexcept;
  std::size_t payloadSize() const noexcept;

  std::string pending_;      ///< the beginning of a parcel
  std::size_t payload_ = 0;  ///< how long its payload is
  bool begun_ = false;       ///< its header has been read
  std::uint64_t total_ = 0;
};
