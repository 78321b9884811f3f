#include <examples/qotd.hpp>
#include <examples/serve.hpp>

int main(int argc, char** argv) {
  teasel::examples::Options options("qotd_server", "Sends the quote of the day to whoever connects, then hangs up (RFC 865).");
  teasel::examples::Server server(8007);
  std::string quote = "An apple a day keeps the doctor away";
  bool building = false;
  server.addTo(options);
  options.add("--quote", "TEXT", "the quote", quote);
  options.add("--build-protocol", "use the factory that overrides buildProtocol", building);
  return options.run(argc, argv, [&] {
    if (building) return server.run(std::make_shared<teasel::examples::BuildingQOTDFactory>(quote));
    return server.run(std::make_shared<teasel::examples::QOTDFactory>(quote));
  });
}
