#pragma once

#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <string>

#include <teasel/deferred/deferred.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::examples {

/// What goes wrong in a download. It decides which way the result takes through the chain.
enum class Trouble : std::uint8_t {
  kNone,         ///< callback, callback, both
  kUnreachable,  ///< the Deferred fails from the beginning: errback, callback, both
  /// the first callback throws; the failure passes by the errback of that pair and by the next
  /// callback
  kBroken,
};

/// Downloads and saves a page, as far as the chain is concerned. One Deferred has three links: the
/// first for success and failure, the second for success only, the third for both. The reactor
/// fires the Deferred when it runs, and the last link stops the reactor.
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
            // The failure is handled, so the chain goes on with callbacks.
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
