#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/site.hpp>
#include <teasel/core/unique_function.hpp>
#include <teasel/fakes/play/chunk_plan.hpp>
#include <teasel/fakes/world/script_end.hpp>

namespace teasel::fakes {

class RemotePeer;  // NOLINT(cppcoreguidelines-virtual-class-destructor): its definition says final
class World;

/// How a Script plays. All have defaults.
struct ScriptOptions {
  std::string name = "script";  ///< for messages
  /// How long a row waits, in virtual time, for what it expects. Zero: it must come at the instant
  /// at which the row begins, before any time passes. `within` sets it for one row.
  Duration patience = Duration::zero();
  std::string delimiter = "\r\n";  ///< the end of a line
  ChunkPlan cuts{};                ///< how the bytes of each row that sends are cut
};

/// The outcome of Script::play.
struct [[nodiscard]] ScriptResult {
  bool played = true;   ///< every row did what it says
  std::string message;  ///< if not: the row, what came instead with a hex diff, and what is left
  explicit operator bool() const noexcept { return played; }
};

/// A two-sided expectation on one connection: what its far end sends, and what it must get, row by
/// row. So a session reads as a transcript in a test:
///
///     World world;
///     world.host().reactor().connectTCP(world.remoteAddress().host(), 6667, botFactory);
///     Script server(world, world.connect(0));
///     server.expectLine("NICK bot")
///         .expectLine("USER bot 0 * :bot")
///         .sendLine(":irc.example 001 bot :Welcome")
///         .expectLine("JOIN #teasel").within(5s)
///         .endOfStream()
///         .expectClose();
///     EXPECT_TRUE(plays(server));        // <teasel/gtest/script.hpp>
///
/// Rows are numbered from 1, and each knows its place in the source. (clang++ gives all rows of one
/// chain of calls the place where the chain begins.) `play` plays the rows that are there. More may
/// be added afterwards and played by another call, so several scripts can take turns in one world.
/// A script takes the bytes that its peer receives: RemotePeer::received is empty then.
///
/// What comes must be what the rows say, byte for byte and in order. When a script is destroyed
/// with rows that were not played, or with bytes that came and that no row expects, it reports that
/// to leak_guard. It holds on to world and peer, or to the StringTransport, which must outlive it.
class Script {
 public:
  /// The most bytes of a line that expectLineMatching and expectLineWhere wait for.
  static constexpr std::size_t kMaxLine = std::size_t{64} << 10;

  /// Plays the remote peer of a world (World::connect, World::peer).
  Script(World& world, RemotePeer& peer, ScriptOptions options = {});
  /// Plays the far end of a StringTransport.
  template <class Wire>
    requires requires(Wire& wire) { wire.advanceToNext(), wire.value(), wire.lost(); }
  explicit Script(Wire& wire, ScriptOptions options = {})
      : Script(std::make_unique<WireScriptEnd<Wire>>(wire), std::move(options)) {}
  /// Plays an end of your own.
  Script(std::unique_ptr<ScriptEnd> end, ScriptOptions options);
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  ~Script();

  // What must come --------------------------------------------------------------------------------
  /// These bytes come next.
  Script& expect(ByteView bytes, Site site = Site::here());
  /// This line comes next. It is given without its delimiter.
  Script& expectLine(std::string_view line, Site site = Site::here());
  /// A line comes next that matches a regular expression (ECMAScript's, std::regex) as a whole.
  /// Throws std::regex_error if it is none.
  Script& expectLineMatching(std::string_view pattern, Site site = Site::here());
  /// A line comes next for which `holds` is true. `what` says for people what that means.
  Script& expectLineWhere(std::string_view what, std::function<bool(std::string_view)> holds, Site site = Site::here());
  /// The end of stream comes next.
  Script& expectClose(Site site = Site::here());
  /// A reset comes next.
  Script& expectReset(Site site = Site::here());
  /// Nothing comes while so much time passes. Throws NegativeDelay.
  Script& expectNothing(Duration during, Site site = Site::here());
  /// The row before waits so long for what it expects. Throws UsageError if it expects nothing, and
  /// NegativeDelay.
  Script& within(Duration patience);

  // What is done ----------------------------------------------------------------------------------
  Script& send(ByteView bytes, Site site = Site::here());
  /// Sends a line with its delimiter.
  Script& sendLine(std::string_view line, Site site = Site::here());
  /// Ends the direction of the far end, which still reads.
  Script& endOfStream(Site site = Site::here());
  /// Gives up both directions.
  Script& close(Site site = Site::here());
  Script& reset(Site site = Site::here());
  /// Lets time pass. What comes meanwhile waits for the rows behind. Throws NegativeDelay.
  Script& wait(Duration time, Site site = Site::here());
  /// Calls the test. `what` says for people what it does. It may add rows. What it throws leaves
  /// play().
  Script& call(std::string_view what, UniqueFunction<void()> action, Site site = Site::here());
  /// Rows from a text: "> LINE" sends a line, "< LINE" expects one. Blanks before them do not
  /// matter; empty lines and lines with # are skipped. Throws UsageError that names the line for
  /// any other.
  Script& transcript(std::string_view text, Site site = Site::here());
  /// Whatever else comes is no error.
  Script& ignoreRest() noexcept;

  // Playing ---------------------------------------------------------------------------------------
  /// Plays the rows that were not played yet. At the first one that fails it stops, and so does
  /// every later call. Throws UsageError inside a play() of this script.
  ScriptResult play();
  std::size_t rows() const noexcept;
  std::size_t played() const noexcept { return next_; }
  /// What has come and was not expected by a row that was played.
  ByteView unread() const noexcept { return unread_; }

 private:
  enum class Kind : std::uint8_t { kExpect, kLine, kClosed, kReset, kNothing, kSend, kAct, kWait, kCall };
  struct Row;
  enum class Step : std::uint8_t { kDone, kNotYet, kFailed };

  Script& add(Row row);
  bool perform(Row& row);
  bool await(const Row& row);
  Step look(const Row& row);
  Step lookForBytes(const Row& row);
  Step lookForLine(const Row& row);
  Step lookForEnd(const Row& row);
  bool waitSilently(const Row& row);
  bool fail(std::string why, std::string details = {});
  void drain();
  void consume(std::size_t count);
  std::string rowText(std::size_t at) const;
  std::string rest() const;

  std::unique_ptr<ScriptEnd> end_;
  ScriptOptions options_;
  std::vector<std::unique_ptr<Row>> rows_;  // each stays in its place: playing one may add others
  bool playing_ = false;
  std::size_t next_ = 0;
  std::string unread_;
  std::optional<ScriptResult> failed_;
  bool ignoreRest_ = false;
};

}  // namespace teasel::fakes
