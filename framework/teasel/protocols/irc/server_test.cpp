#include <teasel/protocols/irc/test/server_test_kit.hpp>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/chunk_plan.hpp>

namespace teasel::irc {
namespace {

using namespace test;

class Server : public ServerTest {};

// Lines ------------------------------------------------------------------------------------------

TEST_F(Server, TakesLinesThatEndWithLfAloneAndIgnoresEmptyOnes) {
  fakes::RemotePeer& ann = connect();
  ann.send("\r\n\n  \r\nNICK ann\nUSER ann 0 * :Ann\r\r\n");
  world.settle();
  EXPECT_THAT(heard(ann), StartsWith(":S 001 ann "));
}
TEST_F(Server, Answers417ToALineThatIsTooLong) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "PRIVMSG ann :" + std::string(500, 'x')), ":S 417 ann :Input line was too long|");
  EXPECT_EQ(say(ann, std::string(20'000, 'x')), ":S 417 ann :Input line was too long|");
  EXPECT_EQ(say(ann, "PING x"), ":S PONG irc.example :x|");
}
TEST_F(Server, Answers417ToMoreTagsThanAClientMaySend) {
  fakes::RemotePeer& ann = user("ann");
  const auto tagged = [&](std::size_t bytes) { return say(ann, "@+a=" + std::string(bytes - 3, 'x') + " PING x"); };
  EXPECT_EQ(tagged(kMaxClientTags), ":S PONG irc.example :x|");
  EXPECT_EQ(tagged(kMaxClientTags + 1), ":S 417 ann :Input line was too long|");
}
TEST_F(Server, TakesALineOf512Bytes) {
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "PING " + std::string(505, 'x')).size(), 510u - 12 + 3);
}
TEST_F(Server, IgnoresLinesThatAreNoMessages) {
  fakes::RemotePeer& ann = user("ann");
  for (const std::string_view line : {":", ": x", ":prefix", "@tag", "PI\rNG x", "PI-NG x", "12"})
    EXPECT_EQ(say(ann, std::string(line)), "");
  EXPECT_EQ(say(ann, std::string("PING \0x", 7)), "");
}
TEST_F(Server, SendsNothingThatItsClientsCouldNotSend) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  quiet(bob);
  say(ann, "TOPIC #tea :a\rb");
  say(ann, std::string("PRIVMSG #tea :a\0b", 17));
  EXPECT_EQ(heard(bob), "");
}
TEST_F(Server, AnswersTheSameHoweverTheStreamIsCut) {
  const std::string script =
      "CAP LS 302\r\nNICK ann\r\nUSER ann 0 * :\xc3\x84nn\r\nCAP REQ :multi-prefix\r\nCAP END\r\nJOIN #tea,#milk\r\nMODE #tea "
      "+kb "
      "leaf bob\r\nTOPIC #tea :\xe2\x82\xac\r\nWHO #tea\r\nWHOIS ann\r\nPRIVMSG #no :x\r\n:\r\nPART #milk :\xff\r\nQUIT "
      ":bye\r\nMOTD\r\n";
  std::string whole;
  for (const std::size_t size :
       {script.size(), std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{511}}) {
    fakes::RemotePeer& ann = connect();
    for (std::size_t at = 0; at < script.size(); at += size) ann.send(script.substr(at, size)), ann.cut(), world.settle();
    const std::string text = heard(ann);
    EXPECT_THAT(text, EndsWith("ERROR :Closing Link: host (Quit: bye)|"));
    if (whole.empty()) whole = text;
    EXPECT_EQ(text, whole) << "pieces of " << size;
    world.advance(10s);
  }
}

// Time-outs --------------------------------------------------------------------------------------

TEST_F(Server, EndsAConnectionThatDoesNotRegister) {
  fakes::RemotePeer& ann = connect();
  world.advance(30s);
  say(ann, "NICK ann");
  world.advance(30s);
  EXPECT_EQ(heard(ann), "ERROR :Closing Link: host (Registration timed out)|");
  EXPECT_TRUE(ann.sawEof());
}
TEST_F(Server, PingsWhoIsSilentAndEndsWhoDoesNotAnswer) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  world.advance(119s);
  quiet(ann, bob);
  say(bob, "PONG x");
  world.advance(1s);
  EXPECT_EQ(heard(ann), "PING :irc.example|");
  EXPECT_EQ(heard(bob), "");
  world.advance(59s);
  EXPECT_EQ(heard(ann), "");
  world.advance(1s);
  EXPECT_EQ(heard(ann), "ERROR :Closing Link: host (Ping timeout: 180 seconds)|");
  EXPECT_EQ(heard(bob), ":ann!ann@host QUIT :Ping timeout: 180 seconds|");
  EXPECT_TRUE(ann.sawEof());
}
TEST_F(Server, KeepsWhoAnswersItsPings) {
  fakes::RemotePeer& ann = user("ann");
  quiet(ann);
  for (int i = 0; i < 5; ++i) {
    world.advance(120s);
    EXPECT_EQ(heard(ann), "PING :irc.example|");
    EXPECT_EQ(say(ann, "PONG :irc.example"), "");
  }
  EXPECT_EQ(factory->users(), 1u);
}
TEST_F(Server, IsNotDeceivedByAByteNowAndThen) {
  fakes::RemotePeer& ann = user("ann");
  for (int i = 0; i < 18; ++i) ann.send("x"), world.advance(10s);
  EXPECT_THAT(heard(ann), EndsWith("(Ping timeout: 180 seconds)|"));
}
TEST_F(Server, ResetsAClientThatDoesNotReadItsError) {
  fakes::RemotePeer& ann = user("ann");
  ann.stopReading();
  ann.send("QUIT\r\n");
  world.advance(10s);
  EXPECT_EQ(factory->connections(), 0u);
}

// Flood protection -------------------------------------------------------------------------------

class ServerFlood : public ServerTest {
 protected:
  ServerFlood() { options.flood = {.burst = 5, .interval = 1s, .patience = 30s}; }
  /// How many pongs a client has received.
  static std::size_t pongs(std::string text) { return replaced(text, "PONG", "PONG ").size() - text.size(); }
  static std::string pings(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "PING x\r\n";
    return lines;
  }
};

TEST_F(ServerFlood, ReadsABurstAtOnceAndThenACommandEachInterval) {
  fakes::RemotePeer& ann = user("ann");
  world.advance(10s);
  quiet(ann);
  ann.send(pings(10));
  world.settle();
  EXPECT_EQ(pongs(heard(ann)), 5u);
  world.advance(999ms);
  EXPECT_EQ(pongs(heard(ann)), 0u);
  world.advance(2001ms);
  EXPECT_EQ(pongs(heard(ann)), 3u);
  world.advance(10s);
  EXPECT_EQ(pongs(heard(ann)), 2u);
}
TEST_F(ServerFlood, HasItsCreditBackAfterARest) {
  fakes::RemotePeer& ann = user("ann");
  for (int i = 0; i < 3; ++i) {
    world.advance(6s);
    quiet(ann);
    EXPECT_EQ(pongs(say(ann, pings(4) + "PING x")), 5u);
  }
}
TEST_F(ServerFlood, DoesNotReadFromWhoHasNoCredit) {
  fakes::RemotePeer& ann = user("ann");
  std::string flood;
  while (flood.size() < 400'000) flood += "PING x\r\n";
  ann.send(flood);
  world.settle();
  EXPECT_LE(factory->findUser("ann")->bufferedBytes(), 70'000u);
}
TEST_F(ServerFlood, EndsWhoGoesOnAndOn) {
  fakes::RemotePeer& ann = user("ann");
  ann.send(pings(100));
  world.advance(40s);
  EXPECT_THAT(heard(ann), EndsWith("ERROR :Closing Link: host (Excess Flood)|"));
}
TEST_F(ServerFlood, KeepsWhoFloodsNowAndThen) {
  fakes::RemotePeer& ann = user("ann");
  for (int i = 0; i < 10; ++i) {
    ann.send(pings(20));
    world.advance(30s);
  }
  EXPECT_EQ(factory->users(), 1u);
}
TEST_F(ServerFlood, DoesNotPingOutWhoseCommandsItHoldsBack) {
  options.flood.patience = 1h;
  fakes::RemotePeer& ann = user("ann");
  ann.send(pings(400));
  world.advance(390s);
  EXPECT_EQ(factory->users(), 1u);
  EXPECT_THAT(heard(ann), Not(HasSubstr("PING :irc.example|")));
}
TEST_F(ServerFlood, CountsLinesThatAreNoMessages) {
  fakes::RemotePeer& ann = user("ann");
  world.advance(10s);
  quiet(ann);
  ann.send(":\r\n:\r\n:\r\n:\r\n:\r\nPING x\r\n");
  world.settle();
  EXPECT_EQ(heard(ann), "");
  world.advance(2s);
  EXPECT_EQ(pongs(heard(ann)), 1u);
}

TEST_F(ServerFlood, WhoFloodsAndGoesIsGoneAtOnce) {
  options.flood.patience = 1h;
  fakes::RemotePeer& ann = user("ann");
  fakes::RemotePeer& bob = user("bob");
  ann.send(pings(800));
  bob.send(pings(800));
  world.settle();
  ann.reset();
  bob.endOfStream();
  world.settle();
  EXPECT_EQ(factory->users(), 0u);
}
TEST_F(ServerFlood, WhoFloodsWithMoreThanItsBacklogAndGoesIsGoneAfterThePatience) {
  fakes::RemotePeer& ann = user("ann");
  ann.send(pings(8000));
  world.settle();
  ann.reset();
  world.advance(40s);
  EXPECT_EQ(factory->connections(), 0u);
}
TEST_F(ServerFlood, LosesNoCommandOfABacklogAndKeepsTheirOrder) {
  options.flood.patience = 10h;
  fakes::RemotePeer& ann = user("ann");
  world.advance(10s);
  quiet(ann);
  std::string lines, wanted;
  for (int i = 0; i < 3000; ++i) {
    lines += "PING " + std::to_string(i) + "\r\n";
    wanted += ":S PONG irc.example :" + std::to_string(i) + "|";
  }
  ann.send(lines);
  std::string text;
  for (int i = 0; i < 3000; ++i) world.advance(1s), text += heard(ann);
  EXPECT_EQ(replaced(text, "PING :irc.example|", ""), wanted);
}

// Clients that do not read, and other limits -----------------------------------------------------

TEST_F(Server, CutsOffAClientThatNeverReads) {
  options.limits.sendQueue = 10'000;
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  bob.stopReading();
  quiet(ann);
  const std::string line = "PRIVMSG #tea :" + std::string(400, 'x');
  std::string seen;
  for (int i = 0; i < 1000 && seen.empty(); ++i) seen = say(ann, line);
  EXPECT_EQ(seen, ":bob!bob@host QUIT :Max SendQ exceeded|");
  bob.read(0);
  world.settle();
  EXPECT_TRUE(bob.sawReset());
  EXPECT_EQ(factory->users(), 1u);
}
TEST_F(Server, ConnectionLostOfWhomItCutsOffGetsTheLimit) {
  struct Told : IRCUser {
    using IRCUser::IRCUser;
    void connectionLost(const Failure& reason) override {
      IRCUser::connectionLost(reason);
      said = reason;
    }
    Failure said;
  };
  struct ToldFactory : IRCFactory {
    using IRCFactory::IRCFactory;
    std::shared_ptr<IRCUser> makeUser() override { return made = std::make_shared<Told>(*this); }
    std::shared_ptr<Told> made;
  };
  options.limits.sendQueue = 10'000;
  const auto told = std::make_shared<ToldFactory>(reactor(), options);
  listen(told);
  fakes::RemotePeer& ann = user("ann");
  ann.stopReading();
  for (int i = 0; i < 3000 && !told->made->said; ++i) ann.send("VERSION\r\n"), world.settle();
  const auto* aborted = told->made->said.check<ConnectionAborted>();
  ASSERT_NE(aborted, nullptr);
  ASSERT_NE(aborted->cause().check<LimitExceeded>(), nullptr);
  EXPECT_EQ(aborted->cause().check<LimitExceeded>()->allowed(), 10'000u);
  told->made.reset();
}
TEST_F(Server, TellsAConnectionThatIsTooManyAndClosesIt) {
  options.limits.connections = 2;
  connect();
  fakes::RemotePeer& bob = connect();
  fakes::RemotePeer& cid = connect();
  EXPECT_EQ(heard(cid), "ERROR :Closing Link: host (Too many connections)|");
  EXPECT_TRUE(cid.sawEof());
  bob.reset();
  world.advance(10s);
  EXPECT_EQ(factory->connections(), 1u);
  EXPECT_TRUE(connect().open());
}
TEST_F(Server, TellsTheOthersHowAConnectionEnded) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  fakes::RemotePeer& cid = member("cid", "#tea");
  quiet(ann);
  bob.endOfStream();
  world.settle();
  cid.reset();
  world.settle();
  EXPECT_EQ(heard(ann), ":bob!bob@host QUIT :Connection closed|:cid!cid@host QUIT :Connection lost|");
}
TEST_F(Server, SaysNothingToWhoHasLeft) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  bob.stopReading();
  say(bob, "QUIT");
  quiet(ann);
  say(ann, "PRIVMSG #tea :hi");
  bob.read(0);
  world.settle();
  EXPECT_THAT(heard(bob), EndsWith("ERROR :Closing Link: host (Client Quit)|"));
}

TEST_F(Server, CutsOffWhomAProgramSendsTooMuchOutsideOfACommand) {
  options.limits.sendQueue = 10'000;
  fakes::RemotePeer& ann = user("ann");
  ann.stopReading();
  for (int i = 0; i < 1000; ++i) {
    if (IRCUser* user = factory->findUser("ann")) user->reply(RPL_INFO, {}, std::string(300, 'x'));
    world.settle();
  }
  EXPECT_EQ(factory->users(), 0u);
}

// Programs ---------------------------------------------------------------------------------------

/// A user with a command of its own, and with another TOPIC.
struct Brewer : IRCUser {
  using IRCUser::IRCUser;
  void unknownCommand(const Message& message) override {
    if (!message.is("BREW")) return IRCUser::unknownCommand(message);
    reply(RPL_INFO, {message.params[0]}, "is ready");
  }
  void irc_TOPIC(const Message& message) override { reply(RPL_TOPIC, {message.params[0]}, "always tea"); }
};
struct BrewerFactory : IRCFactory {
  using IRCFactory::IRCFactory;
  std::shared_ptr<IRCUser> makeUser() override { return std::make_shared<Brewer>(*this); }
};

TEST_F(Server, AClassOfOnesOwnAddsAndReplacesCommands) {
  listen(std::make_shared<BrewerFactory>(reactor(), options));
  fakes::RemotePeer& ann = user("ann");
  EXPECT_EQ(say(ann, "BREW green"), ":S 371 ann green :is ready|");
  EXPECT_EQ(say(ann, "TOPIC #any"), ":S 332 ann #any :always tea|");
  EXPECT_EQ(say(ann, "COOK"), ":S 421 ann COOK :Unknown command|");
}
TEST_F(Server, AProgramEndsAUserWithAReason) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  quiet(ann, bob);
  factory->findUser("bob")->disconnect("Out of tea");
  world.settle();
  EXPECT_EQ(heard(bob), "ERROR :Closing Link: host (Out of tea)|");
  EXPECT_EQ(heard(ann), ":bob!bob@host QUIT :Out of tea|");
}
TEST_F(Server, ALineEndInAReasonOfAProgramBecomesASpace) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  fakes::RemotePeer& bob = member("bob", "#tea");
  quiet(ann, bob);
  factory->findUser("bob")->disconnect("a\nb");
  world.settle();
  EXPECT_EQ(heard(bob), "ERROR :Closing Link: host (a b)|");
  EXPECT_EQ(heard(ann), ":bob!bob@host QUIT :a b|");
}
TEST_F(Server, ShowsItsOwnWordsWhole) {
  options.network = std::string(63, 'n');
  options.limits.nickLength = 75;
  options.limits.channelLength = 70;
  options.limits.maskLength = 80;
  options.unixTime = [] { return 1234; };
  const std::string nick(75, 'n'), channel = "#" + std::string(69, 'c');
  fakes::RemotePeer& ann = connect();
  EXPECT_THAT(say(ann, "NICK " + nick + "\r\nUSER ann 0 * :x"), HasSubstr(" NETWORK=" + options.network + " "));
  EXPECT_THAT(say(ann, "JOIN " + channel + "\r\nTOPIC " + channel + " :t"), HasSubstr(" 366 " + nick + " " + channel + " :"));
  EXPECT_THAT(say(ann, "TOPIC " + channel), HasSubstr(" 333 " + nick + " " + channel + " " + nick + "!ann@host 1234|"));
  EXPECT_THAT(say(ann, "WHOIS " + nick), HasSubstr(" 311 " + nick + " " + nick + " ann host * :x|"));
}
TEST_F(Server, TellsAProgramOfItsUsers) {
  fakes::RemotePeer& ann = member("ann", "#b,#A");
  say(ann, "AWAY :x");
  const IRCUser* user = factory->findUser("ANN");
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(user->hostmask(), "ann!ann@198.51.100.1");
  EXPECT_EQ(user->realName(), "ann the user");
  EXPECT_THAT(user->channels(), ElementsAre("#A", "#b"));
  EXPECT_EQ(user->awayMessage(), "x");
  EXPECT_THAT(factory->members("#no"), IsEmpty());
}
TEST_F(Server, RefusesOptionsThatCouldBreakALine) {
  const auto refuses = [this](auto change) {
    ServerOptions wrong;
    change(wrong);
    EXPECT_THROW(IRCFactory(reactor(), wrong), UsageError);
  };
  refuses([](ServerOptions& wrong) { wrong.name = "two words"; });
  refuses([](ServerOptions& wrong) { wrong.name = ""; });
  refuses([](ServerOptions& wrong) { wrong.name = std::string(64, 'x'); });
  refuses([](ServerOptions& wrong) { wrong.network = ":x"; });
  refuses([](ServerOptions& wrong) { wrong.version = "a\nb"; });
  refuses([](ServerOptions& wrong) { wrong.description = "a\rb"; });
  refuses([](ServerOptions& wrong) { wrong.motd = {"fine", std::string("a\0b", 3)}; });
  refuses([](ServerOptions& wrong) { wrong.limits.nickLength = 120; });
  refuses([](ServerOptions& wrong) { wrong.limits.channelLength = 400; });
  refuses([](ServerOptions& wrong) { wrong.limits.keyLength = ~std::size_t{0}; });
  EXPECT_THROW(IRCFactory(reactor(), {}, nullptr), UsageError);
}
TEST_F(Server, ForgetsTheUsersOfAHostThatCrashes) {
  fakes::RemotePeer& ann = member("ann", "#tea");
  EXPECT_EQ(factory->users(), 1u);
  world.host("server").crash();
  EXPECT_EQ(factory->users(), 0u);
  EXPECT_EQ(factory->channels(), 0u);
  EXPECT_EQ(factory->connections(), 0u);
  EXPECT_EQ(factory->findUser("ann"), nullptr);
  EXPECT_FALSE(ann.open());
}

}  // namespace
}  // namespace teasel::irc
