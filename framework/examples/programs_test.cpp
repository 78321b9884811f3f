#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <examples/test/program_test_kit.hpp>
#include <teasel/drivers/drivers.hpp>

namespace teasel::examples {

using test::Program;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

bool built(const std::string& program) { return access((std::string(TEASEL_EXAMPLES_DIR) + "/" + program).c_str(), X_OK) == 0; }

/// Each test starts a program, reads where it listens, lets the line client talk to it, and ends it
/// with Ctrl-C.
class Examples : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    if (std::string why; !driverAvailable(GetParam(), why)) GTEST_SKIP() << why;
  }
  std::string driver() const { return std::string(GetParam()); }

  /// A server that listens on a free port, and the number of that port.
  struct Served {
    std::unique_ptr<Program> program;
    std::string port;
  };
  Served serve(const std::string& name, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.end(), {"--port", "0", "--reactor", driver()});
    return served(name, std::move(arguments));
  }
  /// The same for one of the services, which take the string of an endpoint and write a log.
  Served serveEndpoint(const std::string& name, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.end(), {"--listen", "tcp:0:interface=127.0.0.1", "--reactor", driver()});
    return served(name, std::move(arguments));
  }
  static Served served(const std::string& name, std::vector<std::string> arguments) {
    Served served{std::make_unique<Program>(name, std::move(arguments)), ""};
    std::string greeting;
    do greeting = served.program->line();
    while (greeting.find("listening on") == std::string::npos && greeting != "<end>" && greeting != "<late>");
    EXPECT_THAT(greeting, HasSubstr("listening on 127.0.0.1:"));
    served.port = greeting.substr(greeting.rfind(':') + 1);
    return served;
  }
  std::unique_ptr<Program> client(const Served& served, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.end(), {"--port", served.port, "--reactor", driver()});
    return std::make_unique<Program>("line_client", std::move(arguments));
  }
  static void endsByCtrlC(const Served& served) {
    served.program->interrupt();
    EXPECT_THAT(served.program->rest(), EndsWith("stopped\n"));
    EXPECT_EQ(served.program->exitStatus(), 0);
  }
};

/// Those of the services, which need Teasel::application.
class ExampleServices : public Examples {
 protected:
  void SetUp() override {
    if (!built("chat_server")) GTEST_SKIP() << "built without Teasel::application";
    Examples::SetUp();
  }
};

TEST_P(ExampleServices, QotdSendsItsQuoteAndHangsUp) {
  for (const bool building : {false, true}) {
    std::vector<std::string> arguments{"--quote", "configurable quote"};
    if (building) arguments.push_back("--build-protocol");
    const Served served = serveEndpoint("qotd_server", arguments);
    for (int i = 0; i < 2; ++i) {
      const auto reader = client(served);
      EXPECT_EQ(reader->rest(), "configurable quote\n");
      EXPECT_EQ(reader->exitStatus(), 0);
    }
    endsByCtrlC(served);
  }
}

TEST_P(Examples, AnswerKnowsOneQuestion) {
  const Served served = serve("answer_server");
  const auto asking = client(served, {"--say", "How are you?", "--say", "What is the answer?"});
  EXPECT_EQ(asking->rest(), "Fine\nI don't know what you mean\n");
  EXPECT_EQ(asking->exitStatus(), 0);
  endsByCtrlC(served);
}

TEST_P(ExampleServices, ChatTellsTheOthersWhatOneSays) {
  const Served served = serveEndpoint("chat_server");
  const auto anna = client(served), bert = client(served);
  EXPECT_EQ(anna->line(), "What's your name?");
  EXPECT_EQ(bert->line(), "What's your name?");
  anna->say("anna");
  EXPECT_EQ(anna->line(), "Welcome, anna!");
  bert->say("anna");
  EXPECT_EQ(bert->line(), "Name taken, please choose another.");
  bert->say("bert");
  EXPECT_EQ(bert->line(), "Welcome, bert!");
  bert->say("hello");
  EXPECT_EQ(anna->line(), "<bert> hello");
  bert->closeInput();
  EXPECT_EQ(bert->rest(), "");
  EXPECT_EQ(bert->exitStatus(), 0);
  anna->interrupt();
  EXPECT_EQ(anna->exitStatus(), 0);
  endsByCtrlC(served);
}

TEST_P(ExampleServices, CtrlCEndsAServerWithClientsConnected) {
  const Served served = serveEndpoint("chat_server");
  const auto anna = client(served);
  EXPECT_EQ(anna->line(), "What's your name?");
  endsByCtrlC(served);
  EXPECT_NE(anna->exitStatus(), Program::kRunning);
}

TEST_P(ExampleServices, LogfileAppendsEveryLine) {
  const std::string path = testing::TempDir() + "/teasel_logfile_" + driver() + "_" + std::to_string(getpid());
  std::ofstream(path) << "from before\n";
  const Served served = serveEndpoint("logfile_server", {"--file", path});
  EXPECT_EQ(client(served, {"--say", "first", "--say", "second"})->exitStatus(), 0);
  endsByCtrlC(served);
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "from before\nfirst\nsecond\n");
  std::remove(path.c_str());
}

TEST_P(ExampleServices, TheLogBotWritesThatItHasJoined) {
  const Served served = serveEndpoint("irc_server");
  Program bot("log_bot", {"--port", served.port, "--channel", "#tea", "--reactor", driver(), "--log-level", "critical"});
  EXPECT_THAT(bot.line(), HasSubstr("[connected at "));
  EXPECT_THAT(bot.line(), HasSubstr("[I have joined #tea]"));
  bot.interrupt();
  EXPECT_THAT(bot.rest(), HasSubstr("[disconnected at "));
  EXPECT_EQ(bot.exitStatus(), 0);
  endsByCtrlC(served);
}

TEST_P(Examples, MailIsTakenAndSaidOnStandardOutput) {
  const Served served = serve("mail_server");
  std::vector<std::string> arguments;
  for (const char* line : {"MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA", "..", ".", "QUIT"}) {
    arguments.emplace_back("--say");
    arguments.emplace_back(line);
  }
  const auto sender = client(served, arguments);
  EXPECT_EQ(sender->rest(), "220 ready\n250 ok\n250 ok\n354 end with a line that is a single dot\n250 taken\n221 good-bye\n");
  EXPECT_EQ(sender->exitStatus(), 0);
  EXPECT_EQ(served.program->line(), "2 bytes from a@x to b@y");
  endsByCtrlC(served);
}

TEST_P(Examples, ThePortForwarderStandsBetweenAClientAndAServer) {
  const Served target = serve("answer_server");
  const Served forwarder = serve("port_forwarder", {"--to-port", target.port, "--log"});
  const auto asking = client(forwarder, {"--say", "How are you?"});
  EXPECT_EQ(asking->rest(), "Fine\n");
  EXPECT_EQ(asking->exitStatus(), 0);
  EXPECT_THAT(forwarder.program->line(), HasSubstr("is connected to 127.0.0.1:" + forwarder.port));
  EXPECT_EQ(forwarder.program->line(), "C 1: \"How are you?\\r\\n\"");
  forwarder.program->interrupt();
  EXPECT_THAT(forwarder.program->rest(), EndsWith("ConnectionDone: the connection was closed cleanly\nstopped\n"));
  EXPECT_EQ(forwarder.program->exitStatus(), 0);
  endsByCtrlC(target);
}

TEST_P(ExampleServices, TheIrcServerWelcomesAndSaysGoodBye) {
  const Served served = serveEndpoint("irc_server", {"--name", "irc.test", "--motd", "Have some tea.", "--password", "leaf"});
  std::vector<std::string> arguments;
  for (const char* line : {"PASS leaf", "NICK ann", "USER ann 0 * :Ann", "QUIT"}) {
    arguments.emplace_back("--say");
    arguments.emplace_back(line);
  }
  const auto ann = client(served, arguments);
  const std::string text = ann->rest();
  EXPECT_THAT(text, StartsWith(":irc.test 001 ann :Welcome to the Teasel network, ann!ann@127.0.0.1\n"));
  EXPECT_THAT(text, HasSubstr("\n:irc.test 372 ann :- Have some tea.\n"));
  EXPECT_THAT(text, EndsWith("\nERROR :Closing Link: 127.0.0.1 (Client Quit)\n"));
  EXPECT_EQ(ann->exitStatus(), 0);
  endsByCtrlC(served);
}

TEST_P(Examples, TheLineClientSendsItsStandardInput) {
  const Served served = serve("answer_server");
  const auto asking = client(served);
  asking->say("How are you?");
  EXPECT_EQ(asking->line(), "Fine");
  asking->closeInput();
  EXPECT_EQ(asking->rest(), "");
  EXPECT_EQ(asking->exitStatus(), 0);
  endsByCtrlC(served);
}

TEST_P(Examples, ThoseOfDeferredsRunToTheirEnd) {
  const auto last = [this](const std::string& name, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--reactor", driver()});
    Program program(name, std::move(arguments));
    const std::string text = program.rest();
    EXPECT_EQ(program.exitStatus(), 0) << text;
    return text;
  };
  EXPECT_THAT(last("page_download", {}), EndsWith("all done\n"));
  EXPECT_THAT(last("page_download", {"--trouble", "broken"}), EndsWith("not saved: the connection broke off\n"));
  EXPECT_THAT(last("page_list", {"--page", "no.example"}), EndsWith("(false, no.example does not exist)\n"));
  const std::string story = last("inline_callbacks", {"--wait", "20"});
  EXPECT_THAT(story, HasSubstr("it waits; what it returned is a Deferred\nthird callback got 2\n"));
  EXPECT_THAT(story, EndsWith("the Deferred has its result: 2\n"));
}

std::string nameOf(const testing::TestParamInfo<std::string_view>& driver) { return std::string(driver.param); }
INSTANTIATE_TEST_SUITE_P(, Examples, testing::ValuesIn(driverNames()), nameOf);
INSTANTIATE_TEST_SUITE_P(, ExampleServices, testing::ValuesIn(driverNames()), nameOf);

TEST(ExampleArguments, HelpListsTheOptions) {
  for (const char* name : {"answer_server", "line_client", "mail_server", "port_forwarder"}) {
    Program program(name, {"--help"});
    const std::string text = program.rest();
    EXPECT_THAT(text, StartsWith(std::string("usage: ") + name));
    EXPECT_THAT(text, HasSubstr("--port N"));
    EXPECT_THAT(text, HasSubstr("--reactor NAME"));
    EXPECT_EQ(program.exitStatus(), 0);
  }
}

TEST(ExampleServiceArguments, HelpListsTheOptions) {
  for (const char* name : {"chat_server", "irc_server", "logfile_server", "qotd_server"}) {
    if (!built(name)) GTEST_SKIP() << "built without Teasel::application";
    Program program(name, {"--help"});
    const std::string text = program.rest();
    EXPECT_THAT(text, HasSubstr(name));
    EXPECT_THAT(text, HasSubstr("--listen STRING"));
    EXPECT_THAT(text, HasSubstr("--reactor NAME"));
    EXPECT_EQ(program.exitStatus(), 0);
  }
}

TEST(ExampleArguments, TheGeneratorsNeedNone) {
  Program program("generators", {});
  EXPECT_THAT(program.rest(), EndsWith("the inner function ends\n"));
  EXPECT_EQ(program.exitStatus(), 0);
}

/// Expects one line on standard error that says what is wrong, and the exit status.
void fails(const std::string& name, std::vector<std::string> arguments, int status, const std::string& says) {
  if (!built(name)) GTEST_SKIP() << "built without Teasel::application";
  Program program(name, std::move(arguments));
  const std::string text = program.rest();
  EXPECT_THAT(text, HasSubstr(says));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_EQ(program.exitStatus(), status);
}

TEST(ExampleArguments, AnUnknownReactorIsAnsweredWithTheKnownOnes) {
  fails("answer_server", {"--reactor", "kqueue"}, 1, "answer_server: there is no driver 'kqueue'; known: epoll");
  fails("line_client", {"--reactor", "kqueue"}, 1, "known: epoll");
}
TEST(ExampleArguments, AnImpossiblePortIsNamed) {
  fails("answer_server", {"--port", "65536"}, 1, "65536");
  fails("answer_server", {"--port", "many"}, 2, "--port cannot be 'many'");
  fails("line_client", {"--port", "0"}, 1, "port 0");
}
TEST(ExampleArguments, ATargetThatNobodyCanForwardToIsNamed) {
  fails("port_forwarder", {"--port", "0", "--to-port", "0"}, 1, "cannot forward to port 0");
  fails("port_forwarder", {"--port", "0", "--limit", "0"}, 1, "--limit and --idle are at least 1");
}
TEST(ExampleArguments, AnUnknownOptionAndAMissingValueAreNamed) {
  fails("answer_server", {"--quotation", "x"}, 2, "unknown option '--quotation'");
  fails("answer_server", {"--port"}, 2, "--port needs a value");
}
TEST(ExampleArguments, AnUnknownTroubleIsNamed) {
  fails("page_download", {"--trouble", "toil"}, 1, "--trouble is none, unreachable or broken, not toil");
}
TEST(ExampleArguments, AForeignInterfaceIsNamed) {
  fails("answer_server", {"--port", "0", "--interface", "192.0.2.77"}, 1, "192.0.2.77");
}
TEST(ExampleArguments, AServerThatIsNotThereIsNamed) {
  fails("line_client", {"--port", "1", "--say", "hello"}, 1, "line_client: ");
}

TEST(ExampleServiceArguments, AnUnknownOptionAndAMissingValueAreNamed) {
  fails("qotd_server", {"--quotation", "x"}, 2, "qotd_server: unknown option '--quotation'");
  fails("qotd_server", {"--quote"}, 2, "qotd_server: --quote");
}
TEST(ExampleServiceArguments, AForeignInterfaceIsNamed) {
  fails("chat_server", {"--log-level", "critical", "--listen", "tcp:0:interface=192.0.2.77"}, 1, "192.0.2.77");
}
TEST(ExampleServiceArguments, ANameThatNoServerCanHaveIsNamed) {
  fails("irc_server", {"--name", "two words"}, 1, "must be one word of at most 63 bytes, not \"two words\"");
}
TEST(ExampleServiceArguments, ANickOrChannelThatIsNoWordIsNamed) {
  fails("log_bot", {"--nick", "a b"}, 2, "the nick must be one word, not \"a b\"");
  fails("log_bot", {"--channel", "#a b"}, 2, "the channel must be one word without a comma, not \"#a b\"");
}
TEST(ExampleServiceArguments, AnIrcServerThatIsNotThereEndsTheBot) {
  fails("log_bot", {"--log-level", "critical", "--port", "1", "--file", "/dev/null"}, 1,
        "there is no connection to 127.0.0.1, port 1");
}
TEST(ExampleServiceArguments, ALogfileThatCannotBeOpenedIsNamed) {
  fails("logfile_server", {"--log-level", "critical", "--listen", "tcp:0", "--file", "/nowhere/at/all"}, 1,
        "cannot open '/nowhere/at/all'");
  fails("log_bot", {"--file", "/nowhere/at/all"}, 1, "cannot open '/nowhere/at/all'");
}

}  // namespace teasel::examples
