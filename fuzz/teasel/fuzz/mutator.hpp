#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/fuzz/input_facts.hpp>

namespace teasel::fuzz {

/// What a Mutator knows of the scenario whose inputs it changes, and of their runs.
struct MutatorOptions {
  /// Says where messages end.
  fakes::MessageSize messageSize = fakes::lineSize;
  /// Gives the choices that a run of an input drew. Without it only climates are changed, because
  /// nearly every guess at the key of another choice names nothing that is ever drawn.
  FactsOf facts = {};
  /// Application actions are numbered below this (PlayShape::appOps). 0: there are none.
  std::uint16_t appOps = 0;
  /// Words of the protocol: a dictionary. Those that are longer than an input may be are not used.
  std::vector<std::string> words = {};
};

/// Changes fuzzer inputs in the way of a protocol's peer and its network. It decodes them. Then it
/// duplicates, drops, swaps and moves messages, inserts events, cuts and words, sets numbers to
/// boundary values, lengthens fields, moves messages to another connection, and changes choices and
/// climates. A part of the changes is left to the engine's own byte mutations, of the whole input
/// or within one message. The scenario's messageSize says what a message is; an event in between
/// ends a part of one.
///
/// The result depends only on the input and the seed, on what `bytes` does, and on the facts about
/// this input, or about an earlier one where none are to be had of this one.
class Mutator {
 public:
  /// The engine's own mutation. It changes `text`, to at most `limit` bytes.
  using ByteMutation = std::function<void(std::string& text, std::size_t limit)>;

  Mutator(const fakes::CodecOptions& codec, ByteMutation bytes, MutatorOptions options = {});

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
  struct Span {
    std::size_t begin, end;
  };
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

  void messagesOf(ByteView input, Messages& messages);
  void takeApart(const fakes::PlayEvent& send, Messages& messages);
  bool encoded(const Messages& messages, std::size_t limit, std::string& out);
  static std::size_t keptPart(std::size_t count, Dice& dice);
  static unsigned connectionsOf(const Messages& messages) noexcept;
  static void shiftConnections(Messages& messages, std::vector<fakes::ChoiceRecord>& records, unsigned by);
  std::string byBytes(ByteView input, std::size_t limit, Dice& dice);
  void change(Messages& messages, std::size_t limit, Dice& dice);
  void order(Messages& messages, Dice& dice) const;
  void moveAmongOthers(Messages& messages, std::size_t from, Dice& dice) const;
  static Duration someTime(Dice& dice);
  std::uint64_t operand(const fakes::Operand& of, unsigned connection, Dice& dice) const;
  void insertEvent(Messages& messages, Dice& dice) const;
  void insertCut(Messages& messages, Dice& dice) const;
  void changeNumber(std::string& text, Dice& dice) const;
  void changeLength(std::string& text, Dice& dice) const;
  void insertWord(Messages& messages, std::size_t limit, Dice& dice) const;
  void copyPart(Messages& messages, std::string& text, Dice& dice) const;
  static Span someSpan(ByteView text, Dice& dice);
  bool echoInto(Messages& messages, Message& message, Dice& dice);
  static std::uint64_t drawnValue(std::uint64_t bound, Dice& dice);
  bool learn();
  void changeClimate(Dice& dice);
  void changeChoice(Dice& dice);
  Message* someMessage(Messages& messages, Dice& dice) const;
  bool escapes() const noexcept { return codec_.introducer.has_value(); }

  fakes::CodecOptions codec_;
  ByteMutation bytes_;
  MutatorOptions options_;
  ByteView input_;                                ///< which is changed now
  bool learned_ = false;                          ///< the facts about it were asked for
  std::size_t first_ = 0;                         ///< messages before this one stay as they are
  const InputFacts* facts_ = nullptr;             ///< about it, or about an earlier one
  std::vector<const fakes::EventRow*> inserted_;  ///< as often as each is inserted
  std::vector<Stream> streams_;
  Messages messages_, head_, tail_;  ///< of one mutation; their memory is used again
  std::vector<fakes::ChoiceRecord> headRecords_;
  fakes::Play play_;
  std::vector<fakes::ChoiceRecord> records_;
};

}  // namespace teasel::fuzz
