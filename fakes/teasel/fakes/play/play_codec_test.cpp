#include <teasel/fakes/play/play_codec.hpp>

#include <gtest/gtest.h>

namespace teasel::fakes {
namespace {

struct Both {
  Play play;
  std::vector<ChoiceRecord> records;
  Decoded how;
};

Both decoded(ByteView bytes, const CodecOptions& options = {}) {
  Both out;
  out.how = decode(bytes, options, out.play, out.records);
  return out;
}

Play sending(ByteView bytes) {
  Play play;
  play.send(0, bytes);
  return play;
}

/// Random numbers for test data. A seed names a case.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return detail::scaled(detail::mix(state_ += detail::kGolden), bound); }
  /// Any size is as likely as any other.
  std::uint64_t number() {
    const std::uint64_t bits = below(65);
    return bits == 0 ? 0 : below(~0ull) >> (64 - bits);
  }
  std::string bytes(std::size_t most) {
    std::string out(below(most + 1), '\0');
    for (char& byte : out) {
      const std::uint64_t kind = below(4);
      byte = static_cast<char>(kind == 0 ? 0xf5 : below(kind == 1 ? 18 : 256));
    }
    return out;
  }

 private:
  std::uint64_t state_;
};

void addAnyStep(Numbers& numbers, Play& play) {
  const EventRow& row = kEvents[numbers.below(kEventKinds)];
  PlayEvent event(row.kind, static_cast<std::uint8_t>(numbers.below(numbers.below(2) == 0 ? 2 : 8)));
  for (const Operand& operand : row.operands) event.setOperand(operand.type, numbers.number());
  if (event.kind == PlayEventKind::kSend) play.send(event.connection, numbers.bytes(12));
  else play.append(play, event);
}

std::vector<ChoiceRecord> anyRecords(Numbers& numbers) {
  std::vector<ChoiceRecord> records;
  for (std::uint64_t left = numbers.below(3) == 0 ? numbers.below(6) : 0; left != 0; --left) {
    const auto entity = static_cast<std::uint32_t>(numbers.number());
    const auto site = static_cast<std::uint16_t>(numbers.number());
    const auto index = static_cast<std::uint32_t>(numbers.number());
    records.push_back({entity, site, index, 0, numbers.number()});
  }
  return records;
}

TEST(PlayCodec, RawBytesAreConnectAndSend) {
  EXPECT_EQ(decoded("GET / HTTP/1.0\r\n\r\n").play, sending("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(decoded("").play, Play());
}

TEST(PlayCodec, DecodesEachOpcode) {
  Play wanted;
  wanted.send(0, "a\xf5");
  wanted.connect(3), wanted.cut(3), wanted.endOfStream(3), wanted.reset(3);
  wanted.advance(std::chrono::milliseconds(7)), wanted.advance(std::chrono::seconds(300)), wanted.nextTimer(TimerPoint::kAfter);
  wanted.stopReading(3), wanted.read(3, 5), wanted.shortWrite(3, 6), wanted.app(1, 2), wanted.echo(3, 4, 5, 1),
      wanted.redeliver(3, 2);
  const Both got = decoded(
      "a\xf5\x00\xf5\x01\x0b\xf5\x02\xf5\x03\xf5\x04\xf5\x05\x07\xf5\x06\xac\x02\xf5\x07\x05\xf5\x08\xf5\x09\x05"
      "\xf5\x0a\x06\xf5\x0b\x01\x02\xf5\x0c\x01\x04\x05\xf5\x0d\x02\xf5\x0e\x03\x01\x02\x04");
  EXPECT_EQ(got.play, wanted);
  EXPECT_EQ(got.records, (std::vector<ChoiceRecord>{{3, 1, 2, 0, 4}}));
}

TEST(PlayCodec, DecodesEachExtension) {
  Play wanted;
  wanted.connect(2, 5), wanted.send(2, "x"), wanted.endOfStream(2, true), wanted.advance(Duration(3));
  const Both got = decoded("\xf5\x0f\x01\x02\x05x\xf5\x0f\x02\xf5\x0f\x03\x03\xf5\x0f\x00\x07");
  EXPECT_EQ(got.play, wanted);
  EXPECT_EQ(got.how.version, 7u);
}

TEST(PlayCodec, InputWithoutAVersionRecordHasVersionOneAndAnUnknownVersionIsTheNewest) {
  EXPECT_EQ(Play().version(), kCodecVersion);
  EXPECT_EQ(decoded("x").how.version, 1u);
  EXPECT_EQ(decoded("x").play.version(), 1u);
  EXPECT_EQ(decoded("x\xf5\x0f\x00\x02").play.version(), 2u);
  EXPECT_EQ(decoded("\xf5\x0f\x00\x00x").play.version(), 1u);
  EXPECT_EQ(decoded("\xf5\x0f\x00\xff\x7fx").play.version(), kCodecVersion);
}

TEST(PlayCodec, EncodeWritesTheVersionUnlessItIsOne) {
  Play play = sending("x");
  EXPECT_EQ(ByteView(encode(play, {})), ByteView("\xf5\x0f\x00\x02x"));
  play.setVersion(1);
  EXPECT_EQ(encode(play, {}), "x");
}

TEST(PlayCodec, IntroducerBeforeAnythingElseIsLiteral) {
  for (const ByteView bytes :
       {ByteView("\xf5"), ByteView("\xf5x"), ByteView("\xf5\xf5\xf5"), ByteView("\xf5\x10"), ByteView("\xf5\x0f\xff")}) {
    EXPECT_EQ(decoded(bytes).play, sending(bytes)) << bytes;
  }
}

TEST(PlayCodec, EscapeCutShortByTheEndIsLiteral) {
  for (const ByteView bytes : {ByteView("\xf5\x01"), ByteView("\xf5\x05"), ByteView("\xf5\x05\x80"), ByteView("\xf5\x0b\x01"),
                               ByteView("\xf5\x0e\x01\x01\x01"), ByteView("\xf5\x0f"), ByteView("\xf5\x0f\x01\x01")}) {
    EXPECT_EQ(decoded(bytes).play, sending(bytes)) << bytes;
  }
}

TEST(PlayCodec, AnotherIntroducerLeavesTheUsualOneAlone) {
  const CodecOptions options{.introducer = 0x00};
  Play wanted = sending("\xf5\x02");
  wanted.cut(0);
  EXPECT_EQ(decoded(ByteView("\xf5\x02\x00\x02"), options).play, wanted);
  EXPECT_EQ(decoded(encode(wanted, {}, options), options).play, wanted);
}

TEST(PlayCodec, WithoutIntroducerEveryInputIsRawAndNothingElseCanBeWritten) {
  const CodecOptions options{.introducer = std::nullopt};
  EXPECT_EQ(decoded("\xf5\x02", options).play, sending("\xf5\x02"));
  EXPECT_THROW(encode(sending("\xf5\x02"), {}, options), CodecError) << "its version cannot be written";
  EXPECT_EQ(encode(decoded("\xf5\x02", options).play, {}, options), "\xf5\x02");
  EXPECT_EQ(encode(decoded("", options).play, {}, options), "");
  Play onlyConnects, cuts = sending("a"), second;
  onlyConnects.connect(0), cuts.cut(0), second.send(1, "a");
  for (Play* play : {&onlyConnects, &cuts, &second}) {
    play->setVersion(1);
    EXPECT_THROW(encode(*play, {}, options), CodecError);
  }
  const std::vector<ChoiceRecord> records{{0, 1, 0, 0, 1}};
  EXPECT_THROW(encode(decoded("a", options).play, records, options), CodecError);
}

TEST(PlayCodec, IgnoresWhatIsBeyondItsLimitsAndCountsIt) {
  const CodecOptions options{.limits = {.events = 4, .bytes = 3, .connections = 2}, .records = 1};
  const Both got = decoded("abcd\xf5\x01\x05\xf5\x02\xf5\x02\xf5\x02\xf5\x0e\x01\x01\x01\x01\xf5\x0e\x02\x01\x01\x01", options);
  Play wanted = sending("abc");
  wanted.cut(0), wanted.cut(0);
  EXPECT_EQ(got.play, wanted);
  EXPECT_EQ(got.records.size(), 1u);
  EXPECT_EQ(got.how.ignored, 4u);  // a byte, a connection, a cut, a record
}

TEST(PlayCodec, RefusesToWriteAPlayBeyondItsLimits) {
  Play play = sending("abc");
  play.send(1, "x");
  EXPECT_THROW(encode(play, {}, {.limits = {.events = 3}}), CodecError);
  EXPECT_THROW(encode(play, {}, {.limits = {.bytes = 3}}), CodecError);
  EXPECT_THROW(encode(play, {}, {.limits = {.connections = 1}}), CodecError);
  EXPECT_NO_THROW(encode(play, {}, {.limits = {.events = 4, .bytes = 4, .connections = 2}}));
}

TEST(PlayCodec, RecordsMayStandAnywhereAndTheLastWins) {
  const Both got = decoded(
      "a\xf5\x0e\x01\x01\x00\x05"
      "b\xf5\x0e\x01\x01\x00\x06\xf5\x0e\x01\x01\x02\x00");
  EXPECT_EQ(got.play, sending("ab"));
  EXPECT_EQ(got.records, (std::vector<ChoiceRecord>{{1, 1, 0, 0, 6}}));
}

TEST(PlayCodec, CapturedStreamsEscapeExactly) {
  Numbers numbers(3);
  for (int i = 0; i < 2000; ++i) {
    const std::string captured = numbers.bytes(40);
    EXPECT_EQ(decoded(escapedForFuzzer(captured)).play, sending(captured));
  }
}

TEST(PlayCodec, DecodeOfEncodeIsTheIdentity) {
  Numbers numbers(1);
  Play play;
  for (int round = 0; round < 100'000; ++round) {
    play.clear();
    play.setVersion(1 + numbers.below(kCodecVersion));
    for (std::uint64_t left = numbers.below(12); left != 0; --left) addAnyStep(numbers, play);
    std::vector<ChoiceRecord> records = anyRecords(numbers);
    const Both got = decoded(encode(play, records));
    normalise(records);
    ASSERT_EQ(got.play, play) << "round " << round;
    ASSERT_EQ(got.play.version(), play.version()) << "round " << round;
    ASSERT_EQ(got.records, records) << "round " << round;
  }
}

TEST(PlayCodec, EveryByteStringDecodesAndItsPlayKeepsItsMeaning) {
  Numbers numbers(2);
  for (int round = 0; round < 100'000; ++round) {
    const std::string bytes = numbers.bytes(60);
    const Both first = decoded(bytes);
    const Both again = decoded(encode(first.play, first.records));
    ASSERT_EQ(again.play, first.play) << "round " << round;
    ASSERT_EQ(again.play.version(), first.play.version()) << "round " << round;
    ASSERT_EQ(again.records, first.records) << "round " << round;
  }
}

}  // namespace
}  // namespace teasel::fakes
