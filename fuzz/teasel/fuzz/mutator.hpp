#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/world/scenario.hpp>

namespace teasel::fuzz {

/// Changes fuzzer inputs the way that a protocol's peer and its network would: it decodes them and
/// duplicates, drops, swaps and moves messages, inserts events and cuts, sets numbers to boundary
/// values, lengthens fields, moves messages to another connection, changes choices - and leaves a
/// part of all changes to the engine's own byte mutations, whole or within one message. A message
/// is what the scenario's messageSize says, or the part of one between two events.
///
/// The result depends on input and seed alone (and on what `bytes` does).
class Mutator {
 public:
  /// Changes `text` to at most `limit` bytes: the engine's own mutation.
  using ByteMutation = std::function<void(std::string& text, std::size_t limit)>;

  Mutator(const fakes::CodecOptions& codec, ByteMutation bytes, fakes::MessageSize messageSize = fakes::lineSize)
      : codec_(codec), bytes_(std::move(bytes)), messageSize_(messageSize) {}

  /// Another input, of at most `limit` bytes.
  std::string mutated(ByteView input, std::size_t limit, std::uint64_t seed);
  /// The beginning of one input and the end of another, cut between messages; or both on
  /// connections of their own.
  std::string crossed(ByteView one, ByteView other, std::size_t limit, std::uint64_t seed);

 private:
  /// An event, or of a send one message or part of a message.
  struct Message {
    fakes::PlayEvent event;
    std::string bytes;
  };
  using Messages = std::vector<Message>;
  /// All that a connection sends, and how far it was taken apart.
  struct Stream {
    std::string bytes;
    std::size_t at = 0;   ///< taken so far
    std::size_t end = 0;  ///< of the message that this belongs to
  };
  /// Numbers of one mutation, by counting.
  class Dice {
   public:
    explicit Dice(std::uint64_t seed) noexcept : state_(seed) {}
    std::uint64_t below(std::uint64_t bound) noexcept;

   private:
    std::uint64_t state_;
  };

  Messages messagesOf(ByteView input);
  void takeApart(const fakes::PlayEvent& send, Messages& messages);
  bool encoded(const Messages& messages, std::size_t limit, std::string& out);
  std::string byBytes(ByteView input, std::size_t limit);
  void change(Messages& messages, std::size_t limit, Dice& dice);
  void order(Messages& messages, Dice& dice) const;
  static std::uint64_t operand(const fakes::Operand& of, unsigned connection, Dice& dice);
  void insertEvent(Messages& messages, Dice& dice) const;
  void insertCut(Messages& messages, Dice& dice) const;
  void changeNumber(std::string& text, Dice& dice) const;
  void changeLength(std::string& text, Dice& dice) const;
  void copyPart(Messages& messages, std::string& text, Dice& dice) const;
  void changeChoice(Dice& dice);
  static Message* someMessage(Messages& messages, Dice& dice);
  bool escapes() const noexcept { return codec_.introducer.has_value(); }

  fakes::CodecOptions codec_;
  ByteMutation bytes_;
  fakes::MessageSize messageSize_;
  std::vector<Stream> streams_;
  fakes::Play play_;
  std::vector<fakes::ChoiceRecord> records_;
};

}  // namespace teasel::fuzz
