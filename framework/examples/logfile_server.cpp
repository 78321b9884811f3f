#include <examples/logfile.hpp>
#include <teasel/application/run.hpp>

int main(int argc, char** argv) {
  std::string path = "lines.log";
  teasel::Application application("logfile_server", "Appends every line that it receives to a file.");
  application.listens("tcp:8125:interface=127.0.0.1").add("file", "PATH", "the file", path);
  return application.run(
      argc, argv, [&](teasel::Launch& launch) { return launch.serve(std::make_shared<teasel::examples::LogfileFactory>(path)); });
}
