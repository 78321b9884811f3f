#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <teasel/contract/maker.hpp>
#include <teasel/protocols/file_sender.hpp>

/// What the contract on files uses.

namespace teasel::contract {

/// A transfer of a FileSender, and what became of it. Whoever holds it last may be the Deferred.
struct FileTransfer {
  std::shared_ptr<FileSender> sender = std::make_shared<FileSender>();
  Deferred<std::string> handle{nullptr};
  /// "": it is going on; "sent, last 120": the number of the last byte; or the name of the failure.
  std::string outcome;
  bool over() const noexcept { return !outcome.empty(); }
};

/// Begins to send `file` from `us`. `then` is called when all of it is written.
inline std::shared_ptr<FileTransfer> sendFile(Probe& us, const std::shared_ptr<File>& file, std::function<void()> then = {},
                                              FileSender::Transform transform = nullptr) {
  auto transfer = std::make_shared<FileTransfer>();
  Deferred<std::string> done = transfer->sender->beginFileTransfer(file, us.transport(), std::move(transform));
  transfer->handle = done;
  done.addCallbacks(
      [transfer, then = std::move(then)](const std::string& last) {
        transfer->outcome = "sent, last " + (last.empty() ? "none" : std::to_string(static_cast<unsigned char>(last[0])));
        if (then) then();
      },
      [transfer](const Failure& why) { transfer->outcome = why.name(); });
  return transfer;
}

/// The outcome of a transfer of all these bytes.
inline std::string sent(const std::string& bytes) {
  return "sent, last " + std::to_string(static_cast<unsigned char>(bytes.back()));
}

}  // namespace teasel::contract
