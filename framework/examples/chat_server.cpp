#include <examples/chat.hpp>
#include <examples/serve.hpp>

int main(int argc, char** argv) {
  teasel::examples::Options options("chat_server", "A chat: asks for your name, then tells everybody else what you say.");
  teasel::examples::Server server(8123);
  server.addTo(options);
  return options.run(argc, argv, [&] { return server.run(std::make_shared<teasel::examples::ChatFactory>()); });
}
