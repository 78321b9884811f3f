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

/// Changes fuzzer inputs in the way of a protocol's peer and its network. It decodes them. Then it
/// duplicates, drops, swaps and moves messages, inserts events and cuts, sets numbers to boundary
/// values, lengthens fields, moves messages to another connection, and changes choices. A part of
/// the changes is left to the engine's own byte mutations, of the whole input or within one
/// message. The scenario's messageSize says what a message is; an event in between ends a part of
/// one.
///
/// The result depends only on the input and the seed, and on what `bytes` does.
class Mutator {
 public:
  /// The engine's own mutation. It changes `text`, to at most `limit` bytes.
  using ByteMutation = std::function<void(std::string& text, std::size_t limit)>;

  /// `faults` are those of the scenario's world. Choices at sites that need other faults are left
  /// alone.
  Mutator(const fakes::CodecOptions& codec, ByteMutation bytes, fakes::MessageSize messageSize = fakes::lineSize,
          const fakes::Faults& faults = {});

  /// Makes another input, of at most `limit` bytes.
  std::string mutated(ByteView input, std::size_t limit, std::uint64_t seed);
  /// Joins the beginning of one input and the end of another; both are cut between messages. Or it
  /// puts the two side by side, on connections of their own.
  std::string crossed(ByteView one, ByteView other, std::size_t limit, std::uint64_t seed);

 private:
  /// A message, a part of a message, or an event that has no bytes.
  struct Message {
    fakes::PlayEvent event;
    std::string bytes;
  };
  using Messages = std::vector<Message>;
  /// Everything that a connection sends, and how far it was taken apart.
  struct Stream {
    std::string bytes;
    std::size_t at = 0;   ///< taken so far
    std::size_t end = 0;  ///< where the message at that place ends
  };
  /// Random numbers for one mutation. They come from a counter.
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
  std::uint64_t operand(const fakes::Operand& of, unsigned connection, Dice& dice) const;
  void insertEvent(Messages& messages, Dice& dice) const;
  void insertCut(Messages& messages, Dice& dice) const;
  void changeNumber(std::string& text, Dice& dice) const;
  void changeLength(std::string& text, Dice& dice) const;
  void copyPart(Messages& messages, std::string& text, Dice& dice) const;
  std::uint32_t entity(fakes::Decider decider, Dice& dice) const;
  void changeChoice(Dice& dice);
  static Message* someMessage(Messages& messages, Dice& dice);
  bool escapes() const noexcept { return codec_.introducer.has_value(); }

  fakes::CodecOptions codec_;
  ByteMutation bytes_;
  fakes::MessageSize messageSize_;
  std::vector<const fakes::ChoiceSiteRow*> sites_;  ///< which the world draws
  std::vector<const fakes::EventRow*> inserted_;    ///< as often as each is inserted
  std::vector<Stream> streams_;
  fakes::Play play_;
  std::vector<fakes::ChoiceRecord> records_;
};

}  // namespace teasel::fuzz
