#pragma once

namespace teasel::bench {

/// Adds the rows file/<driver>: what it costs a server to send a file.
void addFileRows();

}  // namespace teasel::bench
