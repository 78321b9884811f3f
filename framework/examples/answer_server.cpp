#include <examples/answer.hpp>
#include <examples/serve.hpp>

int main(int argc, char** argv) {
  teasel::examples::Options options("answer_server", "Answers \"How are you?\", and does not understand anything else.");
  teasel::examples::Server server(8124);
  server.addTo(options);
  return options.run(argc, argv, [&] { return server.run(teasel::Factory::forProtocol<teasel::examples::Answer>()); });
}
