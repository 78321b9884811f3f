#pragma once

namespace teasel::posix {

/// Opens /dev/null in the place of each of standard input, output and error that is closed.
/// Otherwise the next file that the process opens would get that number, and what is meant for
/// standard error would be written into it. Call it before other files are opened. Where /dev/null
/// cannot be opened it does nothing.
void openStandardDescriptors() noexcept;

}  // namespace teasel::posix
