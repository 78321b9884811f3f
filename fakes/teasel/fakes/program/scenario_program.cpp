#include <teasel/fakes/program/scenario_main.hpp>

// The main of scenario programs without another engine: CMake target Teasel::scenario_main.
int main(int argc, char** argv) { return teasel::fakes::scenarioMain(argc, argv); }
