#include <iostream>

#include <examples/generators.hpp>
#include <examples/options.hpp>

int main(int argc, char** argv) {
  teasel::examples::Options options("generators", "What a coroutine and its caller hand each other: values, and an error.");
  return options.run(argc, argv, [] {
    teasel::examples::drive(std::cout);
    std::cout << '\n';
    teasel::examples::handResultsIn(std::cout);
    return 0;
  });
}
