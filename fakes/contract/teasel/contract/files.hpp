#pragma once

#include <teasel/contract/file_kit.hpp>

/// The contract on files: a FileSender sends all of a File, in its place among what is written
/// beside it, whether the driver sends its bytes or they are read, and it tells how that ended.

namespace teasel::contract {

class ContractFiles : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractFiles);

TEASEL_CONTRACT(ContractFiles, AFileArrivesWholeBetweenWhatWasWrittenBeforeAndAfterIt) {
  for (const std::size_t size : {std::size_t{1}, FileSender::kChunkSize, FileSender::kChunkSize + 1, std::size_t{100'000}}) {
    const std::string bytes = pattern(size, 3);
    const TestFile made = bench.makeFile(bytes);
    Pair pair(bench);
    Probe& us = *pair.server;
    us.transport().write("before;");
    const auto transfer = sendFile(us, made.file, [&us] { us.transport().write(";after"); });
    EXPECT_EQ(transfer->outcome, "") << "not inside the call";
    TEASEL_UNTIL(pair.client->received.size() == size + 13);
    EXPECT_TRUE(pair.client->received == "before;" + bytes + ";after") << size;
    EXPECT_EQ(transfer->outcome, sent(bytes));
    EXPECT_EQ(transfer->sender->bytesSent(), size);
    EXPECT_EQ(us.transport().counters().bytesWritten, size + 13);
  }
}

TEASEL_CONTRACT(ContractFiles, AnEmptyFileIsSentAtOnce) {
  const TestFile made = bench.makeFile("");
  Pair pair(bench);
  const auto transfer = sendFile(*pair.server, made.file);
  TEASEL_UNTIL(transfer->over());
  EXPECT_EQ(transfer->outcome, "sent, last none");
}

TEASEL_CONTRACT(ContractFiles, ThePeerSetsThePaceAndOnlyAPieceWaits) {
  const std::string bytes = pattern(bench.moreThanFits());
  const TestFile made = bench.makeFile(bytes);
  Pair pair(bench, {}, deafPeer());
  Probe& us = *pair.server;
  const auto transfer = sendFile(us, made.file);
  bench.settle();
  EXPECT_EQ(transfer->outcome, "");
  EXPECT_LE(us.transport().pendingBytes(), FileSender::kFilePiece);
  EXPECT_LT(transfer->sender->bytesSent(), bytes.size());
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() >= bytes.size() && transfer->over());
  EXPECT_TRUE(pair.client->received == bytes);
  EXPECT_EQ(transfer->outcome, sent(bytes));
  bench.settle();
  EXPECT_EQ(us.transport().counters().bytesSent, bytes.size());
  EXPECT_EQ(us.transport().pendingBytes(), 0u);
}

TEASEL_CONTRACT(ContractFiles, ASideThatSendsAFileStillHears) {
  const TestFile made = bench.makeFile(pattern(bench.moreThanFits()));
  Pair pair(bench, {}, deafPeer());
  sendFile(*pair.server, made.file);
  pair.client->transport().write("hello");
  TEASEL_UNTIL(pair.server->received == "hello");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() == bench.moreThanFits());
}

TEASEL_CONTRACT(ContractFiles, LoseConnectionAwaitsTheFile) {
  for (const bool clientActs : {true, false}) {
    const std::string bytes = pattern(bench.moreThanFits() / 2);
    const TestFile made = bench.makeFile(bytes);
    Pair pair = pairOf(bench, clientActs, {});
    Probe &us = pair.us(clientActs), &them = pair.them(clientActs);
    const auto transfer = sendFile(us, made.file);
    us.transport().loseConnection();
    TEASEL_UNTIL(pair.over());
    EXPECT_TRUE(them.received == bytes) << them.received.size();
    EXPECT_EQ(transfer->outcome, sent(bytes));
    EXPECT_EQ(us.story(), "made lost:ConnectionDone");
    EXPECT_EQ(them.reason.name(), "ConnectionDone");
  }
}

TEASEL_CONTRACT(ContractFiles, LoseWriteConnectionAwaitsTheFileAndReadingGoesOn) {
  const std::string bytes = pattern(bench.moreThanFits() / 2);
  const TestFile made = bench.makeFile(bytes);
  Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
  sendFile(*pair.server, made.file);
  pair.server->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.server->has("writeLost") && pair.client->has("readLost"));
  EXPECT_TRUE(pair.client->received == bytes);
  pair.client->transport().write("thanks");
  TEASEL_UNTIL(pair.server->received == "thanks");
}

TEASEL_CONTRACT(ContractFiles, ACancelledTransferEndsWithItsPieceAndTheConnectionStays) {
  const std::string bytes = pattern(bench.moreThanFits());
  const TestFile made = bench.makeFile(bytes);
  Pair pair(bench, {}, deafPeer());
  const auto transfer = sendFile(*pair.server, made.file);
  bench.settle();
  transfer->handle.cancel();
  EXPECT_EQ(transfer->outcome, "CancelledError");
  const std::size_t written = transfer->sender->bytesSent();
  EXPECT_LT(written, bytes.size());
  pair.server->transport().write("; next");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() == written + 6);
  EXPECT_TRUE(pair.client->received == bytes.substr(0, written) + "; next");
}

TEASEL_CONTRACT(ContractFiles, TwoFilesFollowEachOther) {
  const std::string one = pattern(70'000, 1), two = pattern(70'000, 2);
  const TestFile first = bench.makeFile(one), second = bench.makeFile(two);
  Pair pair(bench);
  Probe& us = *pair.server;
  sendFile(us, first.file, [&us, file = second.file] { sendFile(us, file); });
  TEASEL_UNTIL(pair.client->received.size() == 140'000);
  EXPECT_TRUE(pair.client->received == one + two);
}

TEASEL_CONTRACT(ContractFiles, OneFileGoesToManyAtATime) {
  const std::string bytes = pattern(100'000);
  const TestFile made = bench.makeFile(bytes);
  Pair first(bench), second(bench);
  sendFile(*first.server, made.file);
  sendFile(*second.server, made.file);
  TEASEL_UNTIL(first.client->received.size() == bytes.size() && second.client->received.size() == bytes.size());
  EXPECT_TRUE(first.client->received == bytes && second.client->received == bytes);
}

TEASEL_CONTRACT(ContractFiles, ATransformSeesEveryByte) {
  const TestFile made = bench.makeFile(std::string(60'000, 'a'));
  Pair pair(bench);
  const auto upper = [](ByteView piece) { return std::string(piece.size(), 'A'); };
  const auto transfer = sendFile(*pair.server, made.file, {}, upper);
  TEASEL_UNTIL(pair.client->received.size() == 60'000);
  EXPECT_TRUE(pair.client->received == std::string(60'000, 'A'));
  TEASEL_UNTIL(transfer->over());
  EXPECT_EQ(transfer->outcome, "sent, last 65");
}

TEASEL_CONTRACT(ContractFiles, AFileTakesNothingOfTheWriteLimit) {
  const std::string bytes = pattern(bench.moreThanFits());
  const TestFile made = bench.makeFile(bytes);
  Pair pair(bench, {}, deafPeer());
  pair.server->transport().setWriteLimit(FileSender::kChunkSize + 100);
  sendFile(*pair.server, made.file);
  bench.settle();
  pair.server->transport().write(std::string(100, '.'));
  bench.settle();
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() == bytes.size() + 100);
  EXPECT_EQ(pair.server->story(), "made");
}

TEASEL_CONTRACT(ContractFiles, WhatIsAppendedBeforeTheEndIsSent) {
  const TestFile made = bench.makeFile(pattern(bench.moreThanFits()));
  Pair pair(bench, {}, deafPeer());
  const auto transfer = sendFile(*pair.server, made.file);
  bench.settle();
  made.resize(bench.moreThanFits() + 5000);
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() == bench.moreThanFits() + 5000);
  TEASEL_UNTIL(transfer->over());
  EXPECT_EQ(transfer->outcome, "sent, last 0");
}

// Ends --------------------------------------------------------------------------------------------

TEASEL_CONTRACT(ContractFiles, AFileThatBecomesShorterFailsTheTransferAndAbortsTheConnection) {
  const TestFile made = bench.makeFile(pattern(bench.moreThanFits()));
  Pair pair(bench, {}, deafPeer());
  const auto transfer = sendFile(*pair.server, made.file);
  bench.settle();
  made.resize(1000);
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(transfer->outcome, "FileReadError");
  const auto* aborted = pair.server->reason.check<ConnectionAborted>();
  ASSERT_NE(aborted, nullptr) << pair.server->reason;
  EXPECT_NE(aborted->cause().check<FileReadError>(), nullptr) << pair.server->reason;
  EXPECT_TRUE(heardAnAbort(bench, *pair.client)) << pair.client->reason;
  EXPECT_LT(pair.client->received.size(), bench.moreThanFits());
}

TEASEL_CONTRACT(ContractFiles, APeersResetStopsTheTransfer) {
  for (const bool closing : {false, true}) {
    const TestFile made = bench.makeFile(pattern(bench.moreThanFits()));
    Pair pair(bench, {}, deafPeer());
    const auto transfer = sendFile(*pair.server, made.file);
    if (closing) pair.server->transport().loseConnection();
    bench.settle();
    pair.client->transport().abortConnection();
    TEASEL_UNTIL(pair.over());
    EXPECT_EQ(transfer->outcome, "FileTransferStopped");
    EXPECT_EQ(pair.server->reason.name(), "ConnectionLost");
  }
}

TEASEL_CONTRACT(ContractFiles, AnAbortStopsTheTransferAndLetsTheFileGo) {
  TestFile made = bench.makeFile(pattern(bench.moreThanFits()));
  const std::weak_ptr<File> file = made.file;
  Pair pair(bench, {}, deafPeer());
  const auto transfer = sendFile(*pair.server, std::exchange(made.file, nullptr));
  bench.settle();
  pair.server->transport().abortConnection();
  TEASEL_UNTIL(pair.server->lost());
  EXPECT_EQ(transfer->outcome, "FileTransferStopped");
  TEASEL_UNTIL(file.expired());
}

// Without a FileSender ----------------------------------------------------------------------------

TEASEL_CONTRACT(ContractFiles, WriteFileQueuesAPartOfAFileOrSaysThatItCannot) {
  const std::string bytes = pattern(300'000);
  const TestFile made = bench.makeFile(bytes);
  Pair pair(bench);
  Transport& transport = pair.server->transport();
  transport.write("a");
  std::string expected = "a";
  if (transport.writeFile(made.file, 100, 200'000)) expected += bytes.substr(100, 200'000);
  else EXPECT_TRUE(bench.simulated() || made.file->descriptor() < 0);
  EXPECT_EQ(transport.counters().bytesWritten, expected.size());
  EXPECT_TRUE(!transport.writeFile(made.file, 0, 0) || expected.size() > 1) << "no bytes are no bytes";
  transport.write("b");
  transport.loseConnection();
  transport.writeFile(made.file, 0, 10);
  TEASEL_UNTIL(pair.over());
  EXPECT_TRUE(pair.client->received == expected + "b") << pair.client->received.size();
  EXPECT_EQ(transport.counters().bytesDropped, expected.size() > 1 ? 10u : 0u);
}

}  // namespace teasel::contract
