#include <teasel/fakes/trace/trace.hpp>

#include <gtest/gtest.h>

#include <set>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

void fill(Trace& trace, std::uint64_t third = 3) {
  trace.add(1ns, TraceKind::kListen, kNoConnection, 0, 0, 8000);
  trace.add(2ns, TraceKind::kArrive, 0, 0, kRemotePeer, 0, "hello");
  trace.add(3ns, TraceKind::kUser, 0, 0, 0, third);
  trace.add(4ns, TraceKind::kClose, 0, kRemotePeer, 0, 0);
}

TEST(Trace, HashIsTheSameNumberInEveryBuild) {
  Trace trace;
  fill(trace);
  EXPECT_EQ(trace.hash(), 7866335125998577529ull) << "meanings of recorded hashes never change";
}

TEST(Trace, HashDependsOnEveryFieldAndOnOrder) {
  std::set<std::uint64_t> hashes;
  const auto add = [&](Duration at, TraceKind kind, std::uint32_t connection, std::uint8_t party, std::uint64_t number,
                       ByteView bytes) {
    Trace trace;
    trace.add(at, kind, connection, party, 0, number, bytes);
    hashes.insert(trace.hash());
  };
  add(1ns, TraceKind::kArrive, 0, 0, 0, "a");
  add(2ns, TraceKind::kArrive, 0, 0, 0, "a");
  add(1ns, TraceKind::kWrite, 0, 0, 0, "a");
  add(1ns, TraceKind::kArrive, 1, 0, 0, "a");
  add(1ns, TraceKind::kArrive, 0, 1, 0, "a");
  add(1ns, TraceKind::kArrive, 0, 0, 1, "a");
  add(1ns, TraceKind::kArrive, 0, 0, 0, "b");
  add(1ns, TraceKind::kArrive, 0, 0, 0, "");
  EXPECT_EQ(hashes.size(), 8u);
}

TEST(Trace, HashOnlyGivesTheSameHashWithoutAList) {
  Trace logged, hashed, off;
  hashed.setMode(Trace::Mode::kHash);
  off.setMode(Trace::Mode::kOff);
  fill(logged), fill(hashed), fill(off);
  EXPECT_EQ(hashed.hash(), logged.hash());
  EXPECT_TRUE(hashed.events().empty());
  EXPECT_EQ(hashed.eventCount(), 4u);
  EXPECT_EQ(off.hash(), 0u);
}

TEST(Trace, FindsTheFirstDifference) {
  Trace a, b, c;
  fill(a), fill(b), fill(c, 4);
  EXPECT_EQ(Trace::firstDifference(a, b), Trace::npos);
  EXPECT_EQ(Trace::firstDifference(a, c), 2u);
  b.add(5ns, TraceKind::kUser, 0, 0, 0, 0);
  EXPECT_EQ(Trace::firstDifference(a, b), 4u);
}

TEST(Trace, KeepsBytesUpToItsLimitAndHashesTheRest) {
  Trace trace, other;
  const std::string large(Trace::kBytesKept - 1, 'x');
  trace.add(0ns, TraceKind::kArrive, 0, 0, 0, 0, large);
  trace.add(0ns, TraceKind::kArrive, 0, 0, 0, 0, "abc");
  EXPECT_EQ(trace.bytes(trace.events()[1]), "a");
  EXPECT_EQ(trace.events()[1].size, 3u);
  other.add(0ns, TraceKind::kArrive, 0, 0, 0, 0, large);
  other.add(0ns, TraceKind::kArrive, 0, 0, 0, 0, "abd");
  EXPECT_NE(trace.hash(), other.hash());
}

TEST(Trace, TextShowsEachEventOnItsLine) {
  Trace trace;
  fill(trace);
  EXPECT_EQ(trace.text(),
            "t=1 ns host0 listen number 8000\n"
            "t=2 ns host0 arrive connection 0 \"hello\" (5 bytes)\n"
            "t=3 ns host0 user connection 0 number 3\n"
            "t=4 ns peer close connection 0\n");
}

TEST(HashBytes, DiffersForEachLengthAndEachBitNearTheEnds) {
  std::set<std::uint64_t> hashes;
  std::size_t made = 0;
  for (std::size_t length = 0; length < 40; ++length)
    for (std::size_t at = 0; at <= length; ++at, ++made) {
      std::string bytes(length, '\0');
      if (at < length) bytes[at] = 1;
      hashes.insert(detail::hashBytes(bytes));
    }
  EXPECT_EQ(hashes.size(), made);
}

}  // namespace
}  // namespace teasel::fakes
