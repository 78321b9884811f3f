#pragma once

#include <string>
#include <vector>

#include <teasel/application/detail/log_output.hpp>
#include <teasel/application/run.hpp>

namespace teasel::detail {

/// What the options of a program came to.
struct ProgramSettings {
  std::string name;
  std::vector<std::string> listen;
  /// "": the default driver.
  std::string driver;
  /// "": none.
  std::string pidFile;
  /// "" and "stderr": standard error.
  std::string log;
  LogFormat logFormat = LogFormat::kText;
  LogLevel logLevel = LogLevel::kInfo;
};

/// Prints "name: what" as one line on standard error.
void complain(const std::string& name, std::string_view what);

/// Runs the service that `maker` makes, on `given` or (null) on a reactor of its own, from the
/// opening of files to their end. Gives the exit status.
int runProgram(const ProgramSettings& settings, Reactor* given, const Application::Maker& maker);

}  // namespace teasel::detail
