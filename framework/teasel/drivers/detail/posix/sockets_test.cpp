#include <teasel/drivers/detail/posix/sockets.hpp>

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <teasel/core/errors.hpp>

namespace teasel::posix {

TEST(Sockets, AddressesSurviveTheWayToTheKernelAndBack) {
  for (const char* literal : {"127.0.0.1", "255.1.2.3", "::1", "2001:db8::7"}) {
    const Address address = *Address::parse(literal, 50000);
    EXPECT_EQ(fromNative(toNative(address)), address);
  }
  SocketAddress other;
  other.storage.ss_family = AF_UNSPEC;
  EXPECT_EQ(fromNative(other), Address());
}

TEST(Sockets, WhatAListenerAcceptsSendsWithoutDelay) {
  Failure why;
  const int port = openListener(Address::ipv4(127, 0, 0, 1, 0), 5, Blocking::kYes, why);
  ASSERT_GE(port, 0) << why;
  const Address at = localAddress(port);
  const int client = openClient(at, {}, Blocking::kYes, why);
  const SocketAddress native = toNative(at);
  ASSERT_EQ(::connect(client, native.get(), native.length), 0);
  const int server = ::accept(port, nullptr, nullptr);
  for (const int end : {client, server}) {
    int on = 0;
    socklen_t size = sizeof on;
    EXPECT_EQ(::getsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    EXPECT_EQ(on, 1);
    ::close(end);
  }
  ::close(port);
}

TEST(Sockets, ErrorsOfConnectingAreTyped) {
  const Address to = Address::ipv4(192, 0, 2, 1, 80);
  EXPECT_NE(connectFailure(ECONNREFUSED, to).check<ConnectionRefusedError>(), nullptr);
  EXPECT_NE(connectFailure(EHOSTUNREACH, to).check<NoRouteError>(), nullptr);
  EXPECT_NE(connectFailure(ENETUNREACH, to).check<NoRouteError>(), nullptr);
  EXPECT_NE(connectFailure(ETIMEDOUT, to).check<TimeoutError>(), nullptr);
  EXPECT_NE(connectFailure(EADDRNOTAVAIL, to).check<ConnectBindError>(), nullptr);
  EXPECT_NE(connectFailure(EMFILE, to).check<ConnectError>(), nullptr);
  EXPECT_STREQ(connectFailure(ETIMEDOUT, to).what(), "cannot connect to 192.0.2.1:80: Connection timed out (ETIMEDOUT)");
}

TEST(Sockets, ErrorsOfAStreamAreConnectionLost) {
  EXPECT_TRUE(lossFailure(ECONNRESET, "receiving").same(connectionLost()));
  EXPECT_TRUE(lossFailure(EPIPE, "sending").same(connectionLost()));
  const Failure other = lossFailure(EHOSTUNREACH, "sending");
  EXPECT_NE(other.check<ConnectionLost>(), nullptr);
  EXPECT_STREQ(other.what(), "sending failed: No route to host (EHOSTUNREACH)");
}

}  // namespace teasel::posix
