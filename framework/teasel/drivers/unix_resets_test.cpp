#include <teasel/drivers/resets_test_kit.hpp>

#include <string_view>

/// The table of resets of UNIX sockets, played against Linux itself and on every driver.
namespace teasel::drivertest {

#ifdef __linux__

TEST(UnixResetTable, SaysWhatLinuxDoes) {
  const SocketFolder folder;
  int stages = 0;
  for (const ResetRow& row : kUnixResetTable)
    for (const std::size_t size : kResetArrivals) {
      SCOPED_TRACE(describe(row) + "; " + std::to_string(size) + " bytes arrive");
      LinuxStage stage(folder.address(std::to_string(++stages)));
      playReset(stage, row, true, std::string(size, 'x'));
      EXPECT_EQ(stage.us().sends, row.sends);
      EXPECT_EQ(stage.us().receiveAll(), row.received);
      EXPECT_EQ(stage.us().received.size(), size);
      EXPECT_EQ(errorName(posix::takeSocketError(stage.us().descriptor)), row.error);
      EXPECT_EQ(stage.us().receiveAll(), "0") << "the error is told once";
    }
}

#endif

class UnixResetTest : public ::testing::TestWithParam<std::string> {
 public:
  void SetUp() override {
    if (std::string why; !variantAvailable(GetParam(), why)) GTEST_SKIP() << why;
  }
  void play(const ResetRow& row, bool paused, std::size_t size) {
    checkReset(row, paused, size, [&](bool half) { return ServedPeer(GetParam(), half, folder_ / "s"); });
  }

 private:
  SocketFolder folder_;
};

TEST_P(UnixResetTest, AReaderHearsWhatTheTableSays) {
  for (const ResetRow& row : kUnixResetTable)
    for (const std::size_t size : kResetArrivals) play(row, false, size);
}

TEST_P(UnixResetTest, APausedReaderHearsWhatTheTableSaysWhenItResumes) {
  for (const ResetRow& row : kUnixResetTable)
    for (const std::size_t size : kResetArrivals) play(row, true, size);
}

TEST_P(UnixResetTest, AHalfClosedPeerThatGoesKeepsNoLoopBusyAndIsNoticedByAWrite) {
  const SocketFolder folder;
  ServedPeer stage(GetParam(), true, folder / "s");
  stage.connect();
  stage.peerHalfCloses();
  stage.settle();
  stage.peerCloses();
  stage.settle();
  EXPECT_EQ(stage.hearer().heard, "readLost ");
  stage.us().write("?");
  EXPECT_TRUE(stage.until([&] { return stage.hearer().lost(); }));
  EXPECT_EQ(stage.hearer().heard, kHearsEofLost);
}

INSTANTIATE_TEST_SUITE_P(Unix, UnixResetTest, ::testing::ValuesIn(testedDrivers()), driverTestName);

}  // namespace teasel::drivertest
