#include "echo/echo_rows.hpp"
#include "file/file_rows.hpp"
#include "harness/rows.hpp"
#include "inprocess/rows.hpp"
#include "load/server_process.hpp"

int main(int argc, char** argv) {
  using namespace teasel::bench;
  stayOnOneCore();
  addEchoRows();
  addFileRows();
  addFeedRows();
  addIrcRows();
  addWorldRows();
  addDeferredRows();
  addTimerRows();
  return benchMain(argc, argv);
}
