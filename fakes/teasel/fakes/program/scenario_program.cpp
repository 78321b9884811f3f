#include <teasel/fakes/program/scenario_main.hpp>

// The main function of scenario programs that have no other engine: CMake target
// Teasel::scenario_main.
int main(int argc, char** argv) { return teasel::fakes::scenarioMain(argc, argv); }
