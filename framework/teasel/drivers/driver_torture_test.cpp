#include <teasel/drivers/driver_test_kit.hpp>

#include <algorithm>

/// Random lives of many streams, with both ends in one driver. Writes, pauses and ends come in any
/// order. What arrives is always a prefix of what was written. It is all of that where both sides
/// ended gracefully.
namespace teasel::drivertest {

namespace {

struct Dice {
  std::uint64_t state;
  std::uint64_t below(std::uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  }
};

/// The byte at each position of every stream.
char patternAt(std::size_t position) { return static_cast<char>('a' + position * 7 % 23 + position / 1000 % 3); }

/// One end. It writes the pattern, checks what it gets, and ends at some time.
struct End final : StreamSink {
  Driver* driver = nullptr;
  Slot* slot = nullptr;
  End* other = nullptr;
  std::size_t written = 0, got = 0, pending = 0;
  std::vector<Segment> flying;
  bool ready = false, eof = false, lost = false, aborted = false, shut = false, reading = true, wrong = false;
  bool writeFailed = false;

  void onConnected() override { ready = true; }
  void onData(Chunk& chunk) override {
    wrong = wrong || !reading || eof || slot == nullptr;
    for (const char byte : chunk) wrong = wrong || byte != patternAt(got++);
  }
  void onEof() override {
    wrong = wrong || !reading || eof || slot == nullptr;
    eof = true;
  }
  void onWritten(std::size_t count) override {
    wrong = wrong || count != pending || slot == nullptr;
    pending = 0;
    flying.clear();
  }
  void onWriteError(const Failure&) override {
    wrong = wrong || writeFailed || eof || lost || slot == nullptr;
    writeFailed = true;
    pending = 0;
    flying.clear();
  }
  void onError(const Failure&) override {
    wrong = wrong || lost || slot == nullptr;
    lost = true;
  }

  void write(std::size_t size, Dice& dice) {
    if (pending > 0 || shut || lost || writeFailed || !ready) return;
    flying.clear();
    for (std::size_t done = 0; done < size;) {
      std::string piece(std::min<std::size_t>(size - done, 1 + dice.below(20'000)), ' ');
      for (char& byte : piece) byte = patternAt(written++);
      done += piece.size();
      flying.push_back(segment(piece));
    }
    pending = size - driver->write(slot, flying);
    if (pending == 0) flying.clear();
  }
  void end(CloseMode mode) {
    aborted = aborted || mode == CloseMode::kAbort;
    driver->close(std::exchange(slot, nullptr), mode, std::move(flying), driver->now() + 10s);
    flying.clear();
  }
  void step(Dice& dice) {
    if (slot == nullptr || !ready) return;
    switch (dice.below(24)) {
      case 0:
      case 1: return write(1 + dice.below(100), dice);
      case 2: return write(1 + dice.below(300'000), dice);
      case 3:
      case 4: return driver->reading(slot, reading = !reading);
      case 5:
        if (pending > 0 || shut || lost || writeFailed || dice.below(4) != 0) return;
        shut = true;
        return driver->shutdownWrite(slot);
      case 6:
        if (dice.below(12) == 0) end(CloseMode::kAbort);
        return;
      case 7:
        if (eof || lost || dice.below(12) == 0) end(CloseMode::kGraceful);
        return;
      default: return;
    }
  }
};

/// Accepts one stream for an End that waits for it.
struct Meeting final : Acceptor {
  End* server = nullptr;
  StreamSink* onAccept(Slot* stream) override {
    server->slot = stream;
    server->ready = true;
    return server;
  }
  void onAcceptError(const Failure& why) override { ADD_FAILURE() << why; }
};

}  // namespace

class DriverTortureTest : public DriverTest {
 protected:
  void meet(End& client, End& server) {
    client.driver = server.driver = driver.get();
    client.other = &server, server.other = &client;
    Meeting meeting;
    meeting.server = &server;
    Failure why;
    Slot* gate = driver->listen(Address::ipv4(127, 0, 0, 1, 0), {}, meeting, why);
    ASSERT_NE(gate, nullptr) << why;
    client.slot = driver->connect(gate->host(), {}, client);
    EXPECT_TRUE(until([&] { return client.ready && server.ready; }));
    driver->stopListening(gate);
  }
  /// Whether everything has arrived that was written between ends that are both alive.
  static bool settled(const std::deque<End>& ends) {
    return std::all_of(ends.begin(), ends.end(), [](const End& end) {
      const bool living = end.slot != nullptr && end.other->slot != nullptr && !end.lost && !end.other->lost &&
                          !end.writeFailed && !end.other->writeFailed;
      return !living || end.got == end.other->written;
    });
  }
};

TEST_P(DriverTortureTest, WhatArrivesIsWhatWasWritten) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice{seed};
    std::deque<End> ends(32);
    for (std::size_t i = 0; i < ends.size(); i += 2) meet(ends[i], ends[i + 1]);
    for (int turn = 0; turn < 3000; ++turn) {
      ends[dice.below(ends.size())].step(dice);
      if (dice.below(3) == 0) poll();
    }
    for (End& end : ends)
      if (end.slot != nullptr) driver->reading(end.slot, end.reading = true);
    EXPECT_TRUE(until([&] { return settled(ends); }));
    for (End& end : ends)
      if (end.slot != nullptr) end.end(CloseMode::kGraceful);
    pump(20ms);
    for (const End& end : ends) {
      EXPECT_FALSE(end.wrong);
      EXPECT_LE(end.got, end.other->written);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Loopback, DriverTortureTest, ::testing::ValuesIn(testedDrivers()), driverTestName);

}  // namespace teasel::drivertest
