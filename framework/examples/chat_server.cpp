#include <examples/chat.hpp>
#include <teasel/application/run.hpp>

int main(int argc, char** argv) {
  teasel::Application application("chat_server", "A chat: asks for your name, then tells everybody else what you say.");
  application.listens("tcp:8123:interface=127.0.0.1");
  return application.run(argc, argv,
                         [](teasel::Launch& launch) { return launch.serve(std::make_shared<teasel::examples::ChatFactory>()); });
}
