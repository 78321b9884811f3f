// The properties that docs/properties.md shows. They need Teasel::rapidcheck_main.
#include "shout.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cctype>

#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/rapidcheck/generators.hpp>
#include <teasel/rapidcheck/round_trip.hpp>

using namespace teasel;
using examples::Shout;

// The engine that runs this decides what the peers do, and how the network cuts and delays it.
TEASEL_SCENARIO(shout, "what comes back is in capitals") {
  world.host().reactor().listenTCP(7, Factory::forProtocol<Shout>());
  world.run();
  const ByteView answer = world.peer(0).received();
  world.check(std::none_of(answer.begin(), answer.end(), [](char c) { return c >= 'a' && c <= 'z'; }), "capitals");
}

// A property in RapidCheck's own form: for any lines and any way to cut them.
RC_GTEST_PROP(Shout, AnswersEveryLineHoweverTheyAreCut, ()) {
  std::string sent, expected;
  for (const std::string& line : *rapidcheck::messages({.delimiter = "\r\n"})) {
    sent += line + "\r\n";
    for (const char c : line) expected += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    expected += "\r\n";
  }
  fakes::StringTransport peer(std::make_shared<Shout>());
  peer.feed(sent, *rapidcheck::chunkPlans(sent.size()));
  RC_ASSERT(peer.value() == expected);
}

// One end of a framing protocol receives what the other end sends.
RC_GTEST_PROP(Lines, ComeOutAsTheyWentIn, ()) {
  props::Codec lines = props::codecOf<LineReceiver>("lines that end with a semicolon", std::string(";"));
  lines.delimiter = ";";
  lines.longest = 200;
  rapidcheck::roundTrip(lines);
}
