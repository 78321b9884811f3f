#include <examples/qotd.hpp>
#include <teasel/application/run.hpp>

int main(int argc, char** argv) {
  std::string quote = "An apple a day keeps the doctor away";
  bool building = false;
  teasel::Application application("qotd_server", "Sends the quote of the day to whoever connects, then hangs up (RFC 865).");
  application.listens("tcp:8007:interface=127.0.0.1")
      .add("quote", "TEXT", "the quote", quote)
      .add("build-protocol", "use the factory that overrides buildProtocol", building);
  return application.run(argc, argv, [&](teasel::Launch& launch) {
    if (building) return launch.serve(std::make_shared<teasel::examples::BuildingQOTDFactory>(quote));
    return launch.serve(std::make_shared<teasel::examples::QOTDFactory>(quote));
  });
}
