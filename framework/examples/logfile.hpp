#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <teasel/core/logger.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::examples {

/// Keeps a file open while a port or connector uses the factory: startFactory opens it, and
/// stopFactory closes it.
class LogfileFactory : public Factory {
 public:
  explicit LogfileFactory(std::string path);

  void startFactory() override {
    file_.open(path_, std::ios::app);
    if (!file_) throw std::runtime_error("cannot open '" + path_ + "' for appending");
  }
  void stopFactory() override { file_.close(); }
  /// Appends a line. A line that cannot be written (a full disk) is lost; the first one is logged.
  void log(std::string_view line) {
    file_ << line << '\n' << std::flush;
    const bool lost = !file_;
    file_.clear();
    if (lost && !std::exchange(losing_, true)) Logger("logfile").error("cannot write to '" + path_ + "'; lines are lost");
    losing_ = lost;
  }
  bool isOpen() const { return file_.is_open(); }

 private:
  std::string path_;
  std::ofstream file_;
  bool losing_ = false;
};

/// Writes each line that it receives to the file of its factory.
class LoggingProtocol : public LineReceiver {
 public:
  void lineReceived(std::string_view line) override { static_cast<LogfileFactory&>(*factory()).log(line); }
};

inline LogfileFactory::LogfileFactory(std::string path) : path_(std::move(path)) { setProtocol<LoggingProtocol>(); }

}  // namespace teasel::examples
