#pragma once

#include <memory>
#include <string>

#include <teasel/core/file.hpp>

namespace teasel {

/// Opens `path` for reading. Programs that this process starts do not inherit the descriptor.
/// Throws FileReadError, which names the file and says why. Opening a named pipe waits until
/// somebody has opened its other end.
///
/// A regular file has a size, and drivers send from it without reading it (FileSender,
/// Transport::writeFile). What calls itself a regular file but has not as many bytes as it says, as
/// in /proc and /sys, is only read, and so is a pipe or a device.
std::shared_ptr<File> openFile(const std::string& path);

/// The same for a duplicate of a descriptor that is open for reading. The caller keeps its own. A
/// file is read from its beginning, wherever its position is, and the position stays. A pipe goes
/// on where it is; if it is told not to wait, it is an error to read it before bytes have come.
/// Throws FileReadError for what cannot be read from.
std::shared_ptr<File> adoptFile(int fd);

}  // namespace teasel
