#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/fakes/play/chunk_plan.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/protocols/test/note_transport.hpp>

/// What the tests of the framing protocols share. Only tests include it; it is not installed.

namespace teasel::test {

/// What a protocol under test heard, as text: "line[a] raw[bc] long[...]". Neighbouring parts of the
/// kind `raw` are joined, since raw bytes may be cut anywhere.
class Story {
 public:
  void note(const std::string& what, std::string_view text) {
    if (what == "raw" && !entries_.empty() && entries_.back().starts_with("raw[")) {
      entries_.back().insert(entries_.back().size() - 1, text);
    } else {
      entries_.push_back(what + "[" + std::string(text) + "]");
    }
  }
  void forget() { entries_.clear(); }
  std::string text() const {
    std::string all;
    for (const std::string& entry : entries_) all += (all.empty() ? "" : " ") + entry;
    return all;
  }

 private:
  std::vector<std::string> entries_;
};

/// Does what a message asks for: "pause", "close", "abort", "throw".
inline void obey(Protocol& protocol, std::string_view message) {
  if (message == "pause") protocol.transport().pauseProducing();
  else if (message == "close") protocol.transport().loseConnection();
  else if (message == "abort") protocol.transport().abortConnection();
  else if (message == "throw") throw std::runtime_error("asked to");
}

/// A protocol on a transport that takes notes.
template <class P>
struct Session {
  template <class... Args>
  explicit Session(Args&&... args) : protocol(std::forward<Args>(args)...) {
    protocol.makeConnection(transport);
  }
  std::shared_ptr<NoteTransport> transport = std::make_shared<NoteTransport>();
  P protocol;
  int caught = 0;

  /// Delivers as a transport does: nothing while paused, nothing after close. It catches exceptions
  /// and goes on, which a transport does not.
  void deliver(ByteView chunk) {
    resumeUntilRunning();
    if (!transport->closing) guarded([&] { protocol.dataReceived(chunk); });
  }
  void deliver(ByteView script, const fakes::ChunkPlan& plan) {
    plan.forEachChunk(script, [this](ByteView chunk) { deliver(chunk); });
    resumeUntilRunning();
  }
  void resumeUntilRunning() {
    while (transport->held && !transport->closing) {
      transport->resumeProducing();
      guarded([&] { protocol.producingResumed(); });
    }
  }

 private:
  template <class F>
  void guarded(F call) {
    try {
      call();
    } catch (const std::runtime_error&) {
      ++caught;
    }
  }
};

/// All ways to cut a script of at most 16 bytes. A longer one is cut bytewise, in two at every place
/// and in 100 drawn ways, and delivered whole.
inline std::vector<fakes::ChunkPlan> waysToCut(std::size_t size) {
  using fakes::ChunkPlan;
  if (size <= ChunkPlan::kMaxAllCuts) return ChunkPlan::allCuts(size);
  std::vector<ChunkPlan> ways = ChunkPlan::everySplit(size);
  ways.push_back(ChunkPlan::whole());
  ways.push_back(ChunkPlan::bytewise());
  for (std::uint64_t seed = 0; seed < 100; ++seed) ways.push_back(ChunkPlan::drawn(size, seed));
  return ways;
}

/// Draws small numbers, the same ones in every run.
class Draw {
 public:
  std::size_t operator()(std::uint64_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>((state_ >> 33) % below);
  }

 private:
  std::uint64_t state_ = 1;
};

}  // namespace teasel::test
