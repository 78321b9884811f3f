#include "echo/echo_rows.hpp"
#include "echo/server_process.hpp"
#include "file/file_rows.hpp"
#include "harness/rows.hpp"
#include "inprocess/rows.hpp"

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
