#include <examples/mail.hpp>
#include <examples/serve.hpp>

namespace {

void print(const teasel::examples::Mail& mail) {
  std::printf("%zu bytes from %s to %s\n", mail.text.size(), mail.sender.c_str(), mail.recipients.front().c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  teasel::examples::Options options("mail_server", "Takes mail by a part of SMTP (RFC 5321), and prints who wrote to whom.");
  teasel::examples::Server server(8126);
  server.addTo(options);
  return options.run(argc, argv, [&] {
    return server.run([](teasel::Reactor& reactor) { return std::make_shared<teasel::examples::MailFactory>(reactor, print); });
  });
}
