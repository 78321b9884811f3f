#pragma once

#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <string>

#include <teasel/deferred/deferred.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::examples {

/// What goes wrong in a download, and so which way a result takes through the chain.
enum class Trouble : std::uint8_t {
  kNone,         ///< callback, callback, both
  kUnreachable,  ///< the Deferred fails before anything ran: errback, callback, both
  /// the first callback throws: its own errback is passed by, and so is the next callback
  kBroken,
};

/// Three pairs of functions on one Deferred, as a page would be downloaded and saved: for success
/// and failure, for success only, for both. The reactor fires it once it runs; the last pair stops
/// the reactor.
inline void downloadPage(Reactor& reactor, std::ostream& out, Trouble trouble) {
  Deferred<std::string> page;
  page.addCallbacks(
          [&out, trouble](const std::string& url) {
            out << "going to download " << url << '\n';
            if (trouble == Trouble::kBroken) throw std::runtime_error("the connection broke off");
            return "<html>" + url + "</html>";
          },
          [&out](const Failure& why) {
            out << "the download failed: " << why.what() << '\n';
            // handled: the chain goes on with callbacks
            return std::string("a page that says sorry");
          })
      .addCallback([&out](const std::string& text) {
        out << "saving " << text << '\n';
        return text;
      })
      .addBoth([&out, &reactor](const Result<std::string>& result) {
        out << (result.ok() ? "all done" : std::string("not saved: ") + result.failure().what()) << '\n';
        reactor.stop();
        return std::string();
      });
  reactor.callWhenRunning([page, trouble] {
    if (trouble == Trouble::kUnreachable) page.errback(std::runtime_error("no such host"));
    else page.callback(std::string("www.example.com"));
  });
}

}  // namespace teasel::examples
