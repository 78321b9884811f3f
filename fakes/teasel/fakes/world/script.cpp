#include <teasel/fakes/world/script.hpp>

#include <algorithm>
#include <regex>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/net/remote_peer.hpp>
#include <teasel/fakes/world/leak_guard.hpp>
#include <teasel/fakes/world/script_diff.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::fakes {

namespace {

class PeerScriptEnd final : public ScriptEnd {
 public:
  PeerScriptEnd(World& world, RemotePeer& peer) noexcept : world_(world), peer_(peer) {}
  bool send(ByteView bytes, const ChunkPlan& cuts) override {
    bool first = true, sent = true;
    cuts.forEachChunk(bytes, [&](ByteView chunk) {
      if (!std::exchange(first, false)) peer_.cut();
      sent = peer_.send(chunk) && sent;
    });
    return sent;
  }
  bool endOfStream() override { return peer_.endOfStream(); }
  bool close() override { return peer_.close(); }
  bool reset() override { return peer_.reset(); }
  std::string take() override { return peer_.takeReceived(); }
  bool sawEof() const override { return peer_.sawEof(); }
  bool sawReset() const override { return peer_.sawReset(); }
  void settle() override { world_.settle(); }
  bool advanceToNext() override { return world_.advanceToNext(); }
  void advance(Duration by) override { world_.advance(by); }
  Instant now() override { return world_.now(); }
  std::string trouble() const override {
    if (peer_.sawRefusal()) return "the connection was refused";
    const Verdict* verdict = world_.verdict();
    return verdict == nullptr ? "" : "the world stopped: " + verdict->fault() + ": " + verdict->message;
  }

 private:
  World& world_;
  RemotePeer& peer_;
};

std::string quoted(ByteView bytes) { return '"' + escaped(bytes) + '"'; }

Duration checked(Duration time, const char* what) {
  if (time < Duration::zero()) throw NegativeDelay(std::string(what) + '(' + durationText(time) + ") of a script");
  return time;
}

}  // namespace

struct Script::Row {
  Kind kind;
  std::string says;                                  ///< what it does, for messages
  std::string bytes = {};                            ///< kExpect, kSend
  std::function<bool(std::string_view)> holds = {};  ///< kLine
  UniqueFunction<void()> call = {};                  ///< kCall
  bool (ScriptEnd::*act)() = nullptr;                ///< kAct
  Duration time = {};                                ///< kNothing, kWait
  std::optional<Duration> patience = std::nullopt;
  Site site = {};

  bool expects() const noexcept { return kind <= Kind::kReset; }
};

Script::Script(World& world, RemotePeer& peer, ScriptOptions options)
    : Script(std::make_unique<PeerScriptEnd>(world, peer), std::move(options)) {}

Script::Script(std::unique_ptr<ScriptEnd> end, ScriptOptions options) : end_(std::move(end)), options_(std::move(options)) {
  if (end_ == nullptr) throw UsageError("a Script needs an end to play");
  if (options_.delimiter.empty()) throw UsageError("the lines of a Script need a delimiter");
  checked(options_.patience, "patience");
}

Script::~Script() {
  if (next_ < rows_.size()) {
    const std::string count = std::to_string(rows_.size() - next_);
    leak_guard::report({Leftover::Kind::kScript, "script \"" + options_.name + "\", " + count + " rows not played:\n" + rest(),
                        rows_[next_]->site});
    return;
  }
  drain();
  if (!unread_.empty() && !ignoreRest_)
    leak_guard::report({Leftover::Kind::kScript,
                        "script \"" + options_.name + "\": " + std::to_string(unread_.size()) +
                            " bytes came that no row expects: " + quoted(unread_),
                        rows_.empty() ? Site{} : rows_.back()->site});
}

// Rows --------------------------------------------------------------------------------------------

Script& Script::add(Row row) {
  rows_.push_back(std::make_unique<Row>(std::move(row)));
  return *this;
}

Script& Script::expect(ByteView bytes, Site site) {
  return add({.kind = Kind::kExpect, .says = "expects " + quoted(bytes), .bytes = bytes.str(), .site = site});
}

Script& Script::expectLine(std::string_view line, Site site) {
  return add({.kind = Kind::kExpect,
              .says = "expects the line " + quoted(line),
              .bytes = std::string(line) + options_.delimiter,
              .site = site});
}

Script& Script::expectLineMatching(std::string_view pattern, Site site) {
  return add({.kind = Kind::kLine,
              .says = "expects a line that matches /" + std::string(pattern) + '/',
              .holds = [expression = std::regex(pattern.begin(), pattern.end())](
                           std::string_view line) { return std::regex_match(line.begin(), line.end(), expression); },
              .site = site});
}

Script& Script::expectLineWhere(std::string_view what, std::function<bool(std::string_view)> holds, Site site) {
  if (!holds) throw UsageError("expectLineWhere needs a function");
  return add({.kind = Kind::kLine, .says = "expects a line: " + std::string(what), .holds = std::move(holds), .site = site});
}

Script& Script::expectClose(Site site) { return add({.kind = Kind::kClosed, .says = "expects the end of stream", .site = site}); }

Script& Script::expectReset(Site site) { return add({.kind = Kind::kReset, .says = "expects a reset", .site = site}); }

Script& Script::expectNothing(Duration during, Site site) {
  return add({.kind = Kind::kNothing,
              .says = "expects nothing for " + durationText(during),
              .time = checked(during, "expectNothing"),
              .site = site});
}

Script& Script::within(Duration patience) {
  if (rows_.empty() || !rows_.back()->expects()) throw UsageError("within() follows a row that expects something");
  rows_.back()->patience = checked(patience, "within");
  return *this;
}

Script& Script::send(ByteView bytes, Site site) {
  return add({.kind = Kind::kSend, .says = "sends " + quoted(bytes), .bytes = bytes.str(), .site = site});
}

Script& Script::sendLine(std::string_view line, Site site) {
  return add({.kind = Kind::kSend,
              .says = "sends the line " + quoted(line),
              .bytes = std::string(line) + options_.delimiter,
              .site = site});
}

Script& Script::endOfStream(Site site) {
  return add({.kind = Kind::kAct, .says = "ends its direction", .act = &ScriptEnd::endOfStream, .site = site});
}

Script& Script::close(Site site) { return add({.kind = Kind::kAct, .says = "closes", .act = &ScriptEnd::close, .site = site}); }

Script& Script::reset(Site site) {
  return add({.kind = Kind::kAct, .says = "resets the connection", .act = &ScriptEnd::reset, .site = site});
}

Script& Script::wait(Duration time, Site site) {
  return add({.kind = Kind::kWait, .says = "waits " + durationText(time), .time = checked(time, "wait"), .site = site});
}

Script& Script::call(std::string_view what, UniqueFunction<void()> action, Site site) {
  return add({.kind = Kind::kCall, .says = "calls the test: " + std::string(what), .call = std::move(action), .site = site});
}

Script& Script::transcript(std::string_view text, Site site) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty() || line[0] == '#') continue;
    const bool sends = line[0] == '>';
    if ((!sends && line[0] != '<') || (line.size() > 1 && line[1] != ' '))
      throw UsageError("line " + std::to_string(number) +
                       " of a transcript begins neither with \"> \" nor with \"< \": " + quoted(line));
    line.remove_prefix(std::min<std::size_t>(2, line.size()));
    if (sends) sendLine(line, site);
    else expectLine(line, site);
    rows_.back()->says += " (line " + std::to_string(number) + " of the transcript)";
  }
  return *this;
}

Script& Script::ignoreRest() noexcept {
  ignoreRest_ = true;
  return *this;
}

// Playing -----------------------------------------------------------------------------------------

std::size_t Script::rows() const noexcept { return rows_.size(); }

ScriptResult Script::play() {
  if (playing_) throw UsageError("play() of the script \"" + options_.name + "\" inside its play()");
  struct Playing {
    explicit Playing(bool& on) : flag(on) { flag = true; }
    ~Playing() { flag = false; }
    Playing(const Playing&) = delete;
    Playing& operator=(const Playing&) = delete;
    bool& flag;
  } const playing(playing_);
  for (; !failed_ && next_ < rows_.size(); ++next_)
    if (!perform(*rows_[next_])) break;
  return failed_.value_or(ScriptResult{});
}

bool Script::perform(Row& row) {
  end_->settle();
  switch (row.kind) {
    case Kind::kExpect:
    case Kind::kLine:
    case Kind::kClosed:
    case Kind::kReset: return await(row);
    case Kind::kNothing: return waitSilently(row);
    case Kind::kSend:
      if (!row.bytes.empty() && !end_->send(row.bytes, options_.cuts)) return fail("the connection is over, nothing can be sent");
      break;
    case Kind::kAct:
      if (!(end_.get()->*row.act)()) return fail("the connection is over already");
      break;
    case Kind::kWait: end_->advance(row.time); break;
    case Kind::kCall: row.call(); break;
  }
  end_->settle();
  return true;
}

bool Script::await(const Row& row) {
  const Duration patience = row.patience.value_or(options_.patience);
  const Instant begin = end_->now();
  for (;;) {
    end_->settle();
    const Duration waited = end_->now() - begin;
    const bool late = waited > patience;
    drain();
    if (!late)
      if (const Step step = look(row); step != Step::kNotYet) return step == Step::kDone;
    const std::string sofar = unread_.empty() ? "" : "so far came " + quoted(unread_) + '\n' + hexDiff(row.bytes, unread_);
    if (end_->sawReset()) return fail("the connection was reset before that", sofar);
    if (end_->sawEof() && row.kind != Kind::kReset) return fail("the end of stream came before that", sofar);
    if (late || waited == patience)
      return fail(patience == Duration::zero() ? "it did not come before time passed"
                                               : "it did not come within " + durationText(patience),
                  sofar);
    if (!end_->advanceToNext()) return fail("it did not come, and nothing more is due", sofar);
  }
}

Script::Step Script::look(const Row& row) {
  if (row.kind == Kind::kExpect) return lookForBytes(row);
  return row.kind == Kind::kLine ? lookForLine(row) : lookForEnd(row);
}

Script::Step Script::lookForBytes(const Row& row) {
  const std::size_t common = std::min(row.bytes.size(), unread_.size());
  if (std::string_view(unread_).substr(0, common) == std::string_view(row.bytes).substr(0, common)) {
    if (common < row.bytes.size()) return Step::kNotYet;
    consume(common);
    return Step::kDone;
  }
  // Of a line, what came instead is shown up to its end.
  const std::size_t end = unread_.find(options_.delimiter);
  const std::size_t size = end == std::string::npos ? row.bytes.size() : end + options_.delimiter.size();
  const ByteView got = ByteView(unread_).sub(0, std::max(size, row.bytes.size()));
  fail("something else came: " + quoted(got), hexDiff(row.bytes, got));
  return Step::kFailed;
}

Script::Step Script::lookForLine(const Row& row) {
  const std::size_t end = unread_.find(options_.delimiter);
  if (end == std::string::npos) {
    if (unread_.size() <= kMaxLine) return Step::kNotYet;
    fail("more than " + std::to_string(kMaxLine) + " bytes came without the end of a line");
    return Step::kFailed;
  }
  if (!row.holds(std::string_view(unread_).substr(0, end))) {
    fail("another line came: " + quoted(ByteView(unread_).sub(0, end)));
    return Step::kFailed;
  }
  consume(end + options_.delimiter.size());
  return Step::kDone;
}

Script::Step Script::lookForEnd(const Row& row) {
  if (!unread_.empty()) {
    fail("bytes came before that: " + quoted(unread_));
    return Step::kFailed;
  }
  const bool reset = end_->sawReset();
  if (row.kind == Kind::kReset) return reset ? Step::kDone : Step::kNotYet;
  return !reset && end_->sawEof() ? Step::kDone : Step::kNotYet;
}

bool Script::waitSilently(const Row& row) {
  const bool wasOver = end_->sawEof() || end_->sawReset();
  drain();
  if (unread_.empty()) {
    end_->advance(row.time);
    end_->settle();
    drain();
  }
  if (!unread_.empty()) return fail("bytes came: " + quoted(unread_));
  if (!wasOver && (end_->sawEof() || end_->sawReset())) return fail("the connection ended");
  return true;
}

void Script::drain() { unread_ += end_->take(); }

void Script::consume(std::size_t count) { unread_.erase(0, count); }

std::string Script::rowText(std::size_t at) const {
  return "row " + std::to_string(at + 1) + " (" + rows_[at]->site.text() + ") " + rows_[at]->says;
}

/// The rows that are not played, a line each.
std::string Script::rest() const {
  constexpr std::size_t kShown = 10;
  std::string text;
  const std::size_t end = std::min(rows_.size(), next_ + kShown);
  for (std::size_t at = next_; at < end; ++at) text += "  " + rowText(at) + '\n';
  if (end < rows_.size()) text += "  ... and " + std::to_string(rows_.size() - end) + " more\n";
  return text;
}

bool Script::fail(std::string why, std::string details) {
  std::string message = "script \"" + options_.name + "\" stopped at row " + std::to_string(next_ + 1) + " of " +
                        std::to_string(rows_.size()) + ":\n  " + rowText(next_) + "\n" + std::move(why) + '\n' +
                        std::move(details);
  if (const std::string trouble = end_->trouble(); !trouble.empty()) message += trouble + '\n';
  if (next_ + 1 < rows_.size()) message += "not played, " + std::to_string(rows_.size() - next_) + " rows:\n" + rest();
  failed_ = ScriptResult{false, std::move(message)};
  return false;
}

}  // namespace teasel::fakes
