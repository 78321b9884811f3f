#include <teasel/protocols/traffic_logging.hpp>

#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("traffic");
}

class TrafficLoggingFactory::Wrapper final : public ProtocolWrapper {
 public:
  /// `factory` is the factory of the wrapper, which holds it.
  Wrapper(std::shared_ptr<Protocol> wrapped, TrafficLoggingFactory& factory, std::uint64_t number)
      : ProtocolWrapper(std::move(wrapped)), log_(factory), number_(number) {}

  void connectionMade() override { say('*', transport().getPeer().text() + " is connected to " + transport().getHost().text()); }
  void dataReceived(ByteView data) override {
    say('C', quoted(data));
    ProtocolWrapper::dataReceived(data);
  }
  void readConnectionLost() override {
    say('C', "end of stream");
    ProtocolWrapper::readConnectionLost();
  }
  void writeConnectionLost() override {
    say('S', "end of stream");
    ProtocolWrapper::writeConnectionLost();
  }
  void connectionLost(const Failure& reason) override {
    say('*', escaped(reason.text(), log_.options_.lengthLimit));
    ProtocolWrapper::connectionLost(reason);
  }

  void write(ByteView data) override {
    say('S', quoted(data));
    ProtocolWrapper::write(data);
  }
  void loseConnection() override {
    say('S', "loseConnection");
    ProtocolWrapper::loseConnection();
  }
  void failConnection(const Failure& why) override {
    say('S', "failConnection: " + escaped(why.text(), log_.options_.lengthLimit));
    ProtocolWrapper::failConnection(why);
  }
  void abortConnection(Site site, const Failure& cause) override {
    say('S', "abortConnection at " + site.text());
    ProtocolWrapper::abortConnection(site, cause);
  }
  void loseWriteConnection() override {
    say('S', "loseWriteConnection");
    ProtocolWrapper::loseWriteConnection();
  }

 private:
  void say(char who, std::string_view what) { log_.line(who, number_, what); }
  /// Nothing is made where nobody listens.
  std::string quoted(ByteView data) const {
    return log_.open() ? '"' + escaped(data, log_.options_.lengthLimit) + '"' : std::string();
  }

  TrafficLoggingFactory& log_;
  std::uint64_t number_;
};

TrafficLoggingFactory::TrafficLoggingFactory(std::shared_ptr<Factory> wrapped, TrafficSink sink, TrafficLogOptions options)
    : WrappingFactory(std::move(wrapped)), sink_(std::move(sink)), options_(options) {
  if (!sink_) throw UsageError("a TrafficLoggingFactory needs a sink");
}

TrafficLoggingFactory::~TrafficLoggingFactory() = default;

TrafficSink TrafficLoggingFactory::to(std::ostream& out) {
  return [&out](std::string_view line) { out << line << '\n' << std::flush; };
}

std::shared_ptr<ProtocolWrapper> TrafficLoggingFactory::wrap(std::shared_ptr<Protocol> protocol) {
  auto wrapper = std::make_shared<Wrapper>(std::move(protocol), *this, ++connections_);
  wrapper->setFactory(shared_from_this());
  return wrapper;
}

void TrafficLoggingFactory::line(char who, std::uint64_t number, std::string_view what) {
  if (!open()) return;
  std::string line = {who, ' '};
  line += std::to_string(number) + ": ";
  line += what;
  if (line.size() > options_.totalLimit - written_) {
    put("* the log is full: it has " + std::to_string(written_) + " bytes");
    sink_ = nullptr;
    return;
  }
  written_ += line.size();
  put(line);
}

void TrafficLoggingFactory::put(std::string_view line) {
  Failure failure;
  if (guarded("the sink of a traffic log", failure, [&] { sink_(line); })) return;
  kLog.failure("exception out of the sink of a traffic log, no more is logged", failure);
  sink_ = nullptr;
}

}  // namespace teasel
