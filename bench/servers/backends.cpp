#include "backends.hpp"

#include <algorithm>

#include <sys/select.h>

#include <teasel/drivers/drivers.hpp>

#include "../peers/peers.hpp"
#include "../raw/loops.hpp"
#include "liar_server.hpp"
#include "teasel_server.hpp"

#ifdef TEASEL_BENCH_ASIO
#include <asio/version.hpp>
#endif
#ifdef TEASEL_BENCH_LIBEV
#include <ev.h>
#endif
#ifdef TEASEL_BENCH_LIBEVENT
#include <event2/event.h>
#endif
#ifdef TEASEL_BENCH_LIBURING
#include <liburing.h>
#endif
#ifdef TEASEL_BENCH_LIBUV
#include <uv.h>
#endif

namespace teasel::bench {
namespace {

std::string uringVersion() {
#if defined(TEASEL_BENCH_LIBURING) && defined(IO_URING_VERSION_MAJOR)
  return "liburing " + std::to_string(IO_URING_VERSION_MAJOR) + '.' + std::to_string(IO_URING_VERSION_MINOR);
#else
  return {};
#endif
}

std::vector<Backend> libraries() {
  std::vector<Backend> all;
#ifdef TEASEL_BENCH_ASIO
  const std::string asio = "asio " + std::to_string(ASIO_VERSION / 100000) + '.' + std::to_string(ASIO_VERSION / 100 % 1000) +
                           '.' + std::to_string(ASIO_VERSION % 100);
  all.push_back({"asio", serveAsio, asio});
  all.push_back({"asio-coroutines", serveAsioCoroutines, asio});
#endif
#ifdef TEASEL_BENCH_LIBEV
  all.push_back({"libev", serveLibev, "libev " + std::to_string(EV_VERSION_MAJOR) + '.' + std::to_string(EV_VERSION_MINOR)});
#endif
#ifdef TEASEL_BENCH_LIBEVENT
  all.push_back({"libevent", serveLibevent, std::string("libevent ") + event_get_version()});
#endif
#ifdef TEASEL_BENCH_LIBUV
  all.push_back({"libuv", serveLibuv, std::string("libuv ") + uv_version_string()});
  all.push_back({"libuv-try", serveLibuvTry, std::string("libuv ") + uv_version_string()});
#endif
  return all;
}

std::vector<Backend> makeBackends() {
  std::vector<Backend> all;
  for (const std::string_view driver : driverNames()) {
    // io_uring comes twice: as it is, and without optional features, as on a kernel that has none.
    std::vector<std::string> names = {std::string(driver)};
    if (driver == "io_uring") names.emplace_back("io_uring:none");
    for (const std::string& name : names)
      all.push_back({"teasel-" + name, [=](Kind kind, const Listening& listening) { serveTeasel(name, kind, listening); },
                     driver == "io_uring" ? uringVersion() : ""});
  }
  all.push_back({"raw-epoll", serveRawEpoll, ""});
  all.push_back({"raw-io_uring", serveRawIoUring, uringVersion()});
  all.push_back({"raw-poll", serveRawPoll, ""});
  // Standard streams, the pipe to the parent and the listener have descriptors, too.
  all.push_back({"raw-select", serveRawSelect, "", FD_SETSIZE - 8});
  for (Backend& library : libraries()) all.push_back(std::move(library));
  return all;
}

std::vector<Backend>& mutableBackends() {
  static std::vector<Backend> all = makeBackends();
  return all;
}

}  // namespace

const std::vector<Backend>& backends() { return mutableBackends(); }

void addLiar() { mutableBackends().push_back({"liar", serveLiar, ""}); }

std::vector<std::string> absentBackends() {
  std::vector<std::string> absent;
  for (const char* name : {"asio", "asio-coroutines", "libev", "libevent", "libuv", "libuv-try"})
    if (backendNamed(name) == nullptr) absent.emplace_back(name);
  return absent;
}

const Backend* backendNamed(const std::string& name) {
  const auto found = std::ranges::find(backends(), name, &Backend::name);
  return found == backends().end() ? nullptr : &*found;
}

}  // namespace teasel::bench
