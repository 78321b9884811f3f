#include "file_server.hpp"

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <teasel/drivers/open_file.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/protocols/file_sender.hpp>
#include <teasel/reactor/reactor.hpp>

#include "teasel_server.hpp"

namespace teasel::bench {
namespace {

/// A file that has no descriptor to give.
class OnlyRead final : public File {
 public:
  explicit OnlyRead(std::shared_ptr<File> file) : file_(std::move(file)) {}
  std::size_t read(std::uint64_t offset, std::span<char> into) override { return file_->read(offset, into); }
  std::uint64_t size() override { return file_->size(); }

 private:
  std::shared_ptr<File> file_;
};

class FileServer final : public Protocol {
 public:
  explicit FileServer(std::shared_ptr<File> file) : file_(std::move(file)) {}
  /// The next question may come before the end of the last transfer is noticed.
  void dataReceived(ByteView questions) override {
    const bool rests = wanted_ == 0;
    wanted_ += questions.size();
    if (rests) answer();
  }

 private:
  void answer() {
    sender_->beginFileTransfer(file_, transport())
        .addCallbacks(
            [this](const std::string&) {
              if (--wanted_ > 0) answer();
            },
            [](const Failure&) {});
  }

  std::size_t wanted_ = 0;
  std::shared_ptr<File> file_;
  std::shared_ptr<FileSender> sender_ = std::make_shared<FileSender>();
};

/// A file without a name, which goes with its process.
std::shared_ptr<File> makeFile() {
  std::FILE* made = std::tmpfile();
  if (made == nullptr) throw std::runtime_error("no temporary file could be made");
  std::string bytes(kFileSize, '\0');
  for (std::size_t i = 0; i < kFileSize; ++i) bytes[i] = fileByte(i);
  const bool written = std::fwrite(bytes.data(), 1, kFileSize, made) == kFileSize && std::fflush(made) == 0;
  std::shared_ptr<File> file = adoptFile(::fileno(made));
  std::fclose(made);
  if (!written) throw std::runtime_error("the temporary file could not be written");
  return file;
}

}  // namespace

void serveFile(const std::string& driver, ByWhom by, const Listening& listening) {
  Reactor reactor(driverFor(driver));
  std::shared_ptr<File> file = makeFile();
  if (by == ByWhom::kReader) file = std::make_shared<OnlyRead>(std::move(file));
  const auto factory = Factory::forProtocol<FileServer>(file);
  factory->noisy = false;
  const std::shared_ptr<Port> port = reactor.listenTCP(0, factory, kBacklog, "127.0.0.1");
  reactor.callWhenRunning([&] { listening(port->getHost().port()); });
  reactor.run();
}

}  // namespace teasel::bench
