#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <teasel/drivers/driver_test_kit.hpp>
#include <teasel/drivers/open_file.hpp>

/// Files of tests, and what the kernel was asked to do with them.
namespace teasel::drivertest {

/// Bytes of which each 251 in a row differ.
inline std::string content(std::size_t size) {
  std::string bytes;
  for (int i = 0; i < 251; ++i) bytes += static_cast<char>(i);
  while (bytes.size() < size) bytes += bytes;
  bytes.resize(size);
  return bytes;
}

/// A file in a folder of its own, opened by openFile. It notes what a driver says of it.
class NotedFile final : public File {
 public:
  explicit NotedFile(const std::string& bytes) : path_(folder_ / "file") {
    std::ofstream(path_, std::ios::binary) << bytes;
    opened_ = openFile(path_);
  }
  std::size_t read(std::uint64_t offset, std::span<char> into) override { return opened_->read(offset, into); }
  std::uint64_t size() override { return opened_->size(); }
  int descriptor() const noexcept override { return opened_->descriptor(); }
  void sendingFailed(const Failure& why) noexcept override { ++failures, failure = why; }
  /// Makes it shorter, or longer by zeros that take no room on the disk.
  void resize(std::uint64_t size) const { std::filesystem::resize_file(path_, size); }
  const std::string& path() const { return path_; }

  int failures = 0;
  Failure failure;

 private:
  SocketFolder folder_;
  std::string path_;
  std::shared_ptr<File> opened_;
};

inline std::shared_ptr<NotedFile> noted(const std::string& bytes) { return std::make_shared<NotedFile>(bytes); }

/// What the calls of sendfile(2) in this program were and gave, since the last reset().
struct SendfileCalls {
  int count = 0;
  std::size_t most = 0;   ///< that one of them was asked for
  std::size_t moved = 0;  ///< by all of them
  /// Each call fails with this errno value, if it is not 0.
  int failWith = 0;
  /// If it is not 0: the next call moves so many bytes and then meets a broken pipe, which raises
  /// SIGPIPE. It tells only of the bytes, as the kernel does. Later calls fail with EPIPE.
  std::size_t breaksAfter = 0;
};
SendfileCalls& sendfileCalls();

/// Forgets the calls so far, and undoes what was asked for, at both ends of a scope.
class WatchSendfile {
 public:
  WatchSendfile() { sendfileCalls() = {}; }
  WatchSendfile(const WatchSendfile&) = delete;
  WatchSendfile& operator=(const WatchSendfile&) = delete;
  ~WatchSendfile() { sendfileCalls() = {}; }
  SendfileCalls* operator->() const { return &sendfileCalls(); }
};

}  // namespace teasel::drivertest
