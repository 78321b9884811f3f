#include <teasel/drivers/detail/posix/unix_file.hpp>

#include <cerrno>
#include <fstream>
#include <optional>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/driver_test_kit.hpp>

namespace teasel::posix {
namespace {

using drivertest::SocketFolder;

/// The number of a process that has ended.
pid_t deadProcess() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  return child;
}

std::string linkTarget(const std::string& path) {
  char target[256];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  return size < 0 ? errorText(errno) : std::string(target, static_cast<std::size_t>(size));
}

/// A UNIX socket that listens, in its own folder.
struct Listening {
  explicit Listening(const Address& at, const ListenOptions& options = {}) {
    descriptor = file.emplace().open(at, options, Blocking::kNo, why);
    if (descriptor < 0) file.reset();
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening() { stop(); }
  void stop() {
    file.reset();
    if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
  }
  std::string problem() const { return why ? why.what() : ""; }

  std::optional<UnixFile> file;
  Failure why;
  int descriptor = -1;
};

/// A socket file on which nobody listens.
void leave(const Address& at) {
  const int descriptor = openSocket(AF_UNIX, Blocking::kNo);
  const SocketAddress native = toNative(at);
  EXPECT_EQ(::bind(descriptor, native.get(), native.length), 0) << errorText(errno);
  ::close(descriptor);
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(UnixFile, MakesTheFileAndRemovesItAtTheEnd) {
  const SocketFolder folder;
  Listening socket(folder.address());
  ASSERT_EQ(socket.problem(), "");
  EXPECT_TRUE(folder.has("s"));
  socket.stop();
  EXPECT_FALSE(folder.has("s"));
}

TEST(UnixFile, GivesTheFileItsModeWhateverTheMaskIs) {
  const SocketFolder folder;
  const mode_t mask = ::umask(077);
  for (const int mode : {0666, 0600, 0640}) {
    const Listening socket(folder.address(), {.mode = mode});
    struct stat made{};
    ASSERT_EQ(::stat((folder / "s").c_str(), &made), 0);
    EXPECT_EQ(made.st_mode & 07777, static_cast<mode_t>(mode));
  }
  ::umask(mask);
}

TEST(UnixFile, ReplacesALeftover) {
  const SocketFolder folder;
  leave(folder.address());
  const Listening socket(folder.address());
  EXPECT_EQ(socket.problem(), "");
}

TEST(UnixFile, RefusesASocketThatListensAndLeavesItAlone) {
  const SocketFolder folder;
  const Listening first(folder.address());
  {
    const Listening second(folder.address());
    EXPECT_NE(second.why.check<CannotListenError>(), nullptr);
    EXPECT_TRUE(contains(second.problem(), "Address already in use (EADDRINUSE): another socket has this file")) << second.why;
    EXPECT_TRUE(contains(second.problem(), folder.address().text()));
  }
  EXPECT_TRUE(folder.has("s"));
  const int waiting = acceptSocket(first.descriptor, *std::make_unique<SocketAddress>());
  EXPECT_EQ(waiting, -1) << "asking who listens must not connect";
}

TEST(UnixFile, RefusesASocketThatIsBoundAndDoesNotListenYet) {
  const SocketFolder folder;
  const int bound = openSocket(AF_UNIX, Blocking::kNo);
  const SocketAddress native = toNative(folder.address());
  ASSERT_EQ(::bind(bound, native.get(), native.length), 0);
  EXPECT_TRUE(contains(Listening(folder.address()).problem(), "another socket has this file"));
  ::close(bound);
}

TEST(UnixFile, NeverRemovesAFileThatIsNoSocket) {
  const SocketFolder folder;
  std::ofstream(folder / "s") << "precious";
  EXPECT_TRUE(contains(Listening(folder.address()).problem(), "a file that is no socket is there"));
  std::string content;
  std::getline(std::ifstream(folder / "s") >> std::ws, content);
  EXPECT_EQ(content, "precious");
}

TEST(UnixFile, NeverFollowsALinkToALeftover) {
  const SocketFolder folder;
  leave(folder.address("left"));
  ASSERT_EQ(::symlink((folder / "left").c_str(), (folder / "s").c_str()), 0);
  EXPECT_TRUE(contains(Listening(folder.address()).problem(), "a file that is no socket is there"));
  EXPECT_TRUE(folder.has("left"));
  EXPECT_TRUE(folder.has("s"));
}

TEST(UnixFile, LeavesTheFileOfAnotherWhoHasTakenThePlace) {
  const SocketFolder folder;
  Listening first(folder.address());
  ASSERT_EQ(::unlink((folder / "s").c_str()), 0);
  const Listening second(folder.address());
  ASSERT_EQ(second.problem(), "");
  first.stop();
  EXPECT_TRUE(folder.has("s"));
}

TEST(UnixFile, ReportsAFolderThatIsNotThere) {
  const SocketFolder folder;
  EXPECT_TRUE(contains(Listening(folder.address("none/s")).problem(), "No such file or directory (ENOENT)"));
}

#ifdef __linux__
TEST(UnixFile, AnAbstractNameHasNoFileAndIsTakenOnce) {
  const Address name = Address::unixPath(std::string("\0teasel-unix-file-test-", 23) + std::to_string(::getpid()));
  Listening first(name);
  ASSERT_EQ(first.problem(), "");
  EXPECT_TRUE(contains(Listening(name).problem(), "another socket has this name"));
  first.stop();
  EXPECT_EQ(Listening(name).problem(), "");
}
#endif

TEST(UnixFile, WithWantPidHoldsALockThatNamesThisProcess) {
  const SocketFolder folder;
  Listening socket(folder.address(), {.wantPID = true});
  EXPECT_EQ(linkTarget(folder / "s.lock"), std::to_string(::getpid()));
  EXPECT_TRUE(UnixLock::isHeld(folder / "s"));
  socket.stop();
  EXPECT_FALSE(folder.has("s.lock"));
  EXPECT_FALSE(UnixLock::isHeld(folder / "s"));
}

TEST(UnixFile, WithWantPidRefusesTheLockOfALivingProcessAndLeavesNothing) {
  const SocketFolder folder;
  const std::string parent = std::to_string(::getppid());
  ASSERT_EQ(::symlink(parent.c_str(), (folder / "s.lock").c_str()), 0);
  EXPECT_TRUE(UnixLock::isHeld(folder / "s"));
  EXPECT_TRUE(contains(Listening(folder.address(), {.wantPID = true}).problem(), "the process " + parent + " holds the lock"));
  EXPECT_FALSE(folder.has("s"));
  EXPECT_EQ(linkTarget(folder / "s.lock"), parent);
}

TEST(UnixFile, WithWantPidReplacesTheLockAndTheSocketOfAProcessThatIsGone) {
  const SocketFolder folder;
  leave(folder.address());
  ASSERT_EQ(::symlink(std::to_string(deadProcess()).c_str(), (folder / "s.lock").c_str()), 0);
  EXPECT_FALSE(UnixLock::isHeld(folder / "s"));
  const Listening socket(folder.address(), {.wantPID = true});
  EXPECT_EQ(socket.problem(), "");
  EXPECT_EQ(linkTarget(folder / "s.lock"), std::to_string(::getpid()));
}

TEST(UnixFile, WithWantPidReplacesALockOfAnEarlierProcessThatHadOurNumber) {
  const SocketFolder folder;
  ASSERT_EQ(::symlink(std::to_string(::getpid()).c_str(), (folder / "s.lock").c_str()), 0);
  EXPECT_FALSE(UnixLock::isHeld(folder / "s"));
  const Listening socket(folder.address(), {.wantPID = true});
  EXPECT_EQ(socket.problem(), "");
  EXPECT_TRUE(contains(Listening(folder.address(), {.wantPID = true}).problem(), "which is this one, holds the lock"));
}

TEST(UnixFile, WithWantPidNeverRemovesWhatIsNoLock) {
  const SocketFolder folder;
  std::ofstream(folder / "s.lock") << "precious";
  EXPECT_TRUE(contains(Listening(folder.address(), {.wantPID = true}).problem(), "is there and is no lock"));
  EXPECT_TRUE(folder.has("s.lock"));
  ASSERT_EQ(::symlink("12x", (folder / "t.lock").c_str()), 0);
  EXPECT_TRUE(contains(Listening(folder.address("t"), {.wantPID = true}).problem(), "names no process: \"12x\""));
  EXPECT_TRUE(folder.has("t.lock"));
}

TEST(UnixFile, FreesTheLockBeforeOpenReturnsThatListeningFailed) {
  const SocketFolder folder;
  std::ofstream(folder / "s") << "precious";
  UnixFile file;
  Failure why;
  EXPECT_EQ(file.open(folder.address(), {.wantPID = true}, Blocking::kNo, why), -1);
  EXPECT_FALSE(folder.has("s.lock"));
}

TEST(UnixFile, ALockIsKnownByItsFileAndNotByTheSpellingOfItsPath) {
  const SocketFolder folder;
  ASSERT_EQ(::symlink(".", (folder / "link").c_str()), 0);
  const Listening first(folder.address(), {.wantPID = true});
  for (const char* other : {"./s", "link/s"}) {
    EXPECT_TRUE(UnixLock::isHeld(folder / other)) << other;
    const Listening second(folder.address(other), {.wantPID = true});
    EXPECT_TRUE(contains(second.problem(), "which is this one, holds the lock")) << other << ": " << second.why;
  }
  EXPECT_TRUE(UnixLock::isHeld(folder / "s")) << "a second listen that was refused has freed the lock";
  const std::filesystem::path relative = std::filesystem::relative(folder / "s");
  EXPECT_TRUE(UnixLock::isHeld(relative.string()));
}

TEST(UnixFile, AChildProcessLeavesTheFileAndTheLockToItsParent) {
  const SocketFolder folder;
  Listening socket(folder.address(), {.wantPID = true});
  const pid_t child = ::fork();
  if (child == 0) {
    socket.stop();
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(folder.has("s"));
  EXPECT_TRUE(UnixLock::isHeld(folder / "s"));
}

TEST(Sockets, UnixAddressesSurviveTheWayToTheKernelAndBack) {
  for (const std::string& path : {std::string("/run/x"), std::string(107, 'p'), std::string()}) {
    const Address address = Address::unixPath(path);
    EXPECT_EQ(fromNative(toNative(address)), address);
  }
#ifdef __linux__
  const Address abstract = Address::unixPath(std::string("\0a\0b\0", 5));
  EXPECT_EQ(fromNative(toNative(abstract)), abstract);
#endif
}

TEST(Sockets, AUnixNameThatIsLongerThanAnAddressCountsAsUnnamed) {
  SocketAddress native = toNative(Address::unixPath(std::string(107, 'p')));
  reinterpret_cast<char*>(&native.storage)[native.length - 1] = 'p';  // in place of the NUL
  EXPECT_EQ(fromNative(native), Address::unixPath(""));
}

class Adopting : public testing::Test {
 public:
  static std::string problemOf(int descriptor, Adopt as) {
    std::string why;
    const int made = adoptSocket(descriptor, as, why);
    if (made >= 0) ::close(made);
    return why;
  }
  static std::string problemOfNew(int family, int type, Adopt as) {
    const int descriptor = ::socket(family, type, 0);
    const std::string prefix = "descriptor " + std::to_string(descriptor) + ' ', why = problemOf(descriptor, as);
    ::close(descriptor);
    return why.starts_with(prefix) ? why.substr(prefix.size()) : why;
  }
};

TEST_F(Adopting, SaysWhatADescriptorIsThatIsNoStreamSocket) {
  EXPECT_EQ(problemOf(-1, Adopt::kListening), "descriptor -1 is not open");
  EXPECT_EQ(problemOf(999, Adopt::kConnected), "descriptor 999 is not open");
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_TRUE(contains(problemOf(ends[0], Adopt::kListening), "is no socket"));
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_EQ(problemOfNew(AF_INET, SOCK_DGRAM, Adopt::kListening), "is a UDP socket");
  EXPECT_EQ(problemOfNew(AF_UNIX, SOCK_DGRAM, Adopt::kConnected), "is a UNIX datagram socket");
}

TEST_F(Adopting, SaysHowFarAStreamSocketIs) {
  EXPECT_EQ(problemOfNew(AF_INET, SOCK_STREAM, Adopt::kListening), "is a TCP socket that is neither connected nor listens");
  EXPECT_EQ(problemOfNew(AF_UNIX, SOCK_STREAM, Adopt::kConnected), "is a UNIX socket that is neither connected nor listens");
  const SocketFolder folder;
  const Listening listening(folder.address());
  EXPECT_TRUE(contains(problemOf(listening.descriptor, Adopt::kConnected), "is a UNIX socket that listens"));
  EXPECT_EQ(problemOf(listening.descriptor, Adopt::kListening), "");
}

}  // namespace
}  // namespace teasel::posix
