#include <examples/logfile.hpp>
#include <examples/serve.hpp>

int main(int argc, char** argv) {
  teasel::examples::Options options("logfile_server", "Appends every line that it receives to a file.");
  teasel::examples::Server server(8125);
  std::string path = "lines.log";
  server.addTo(options);
  options.add("--file", "PATH", "the file", path);
  return options.run(argc, argv, [&] { return server.run(std::make_shared<teasel::examples::LogfileFactory>(path)); });
}
