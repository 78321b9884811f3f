#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <liburing.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <teasel/drivers/detail/posix/uring.hpp>
#include <teasel/drivers/detail/uring_entry.hpp>
#include <teasel/drivers/uring_driver.hpp>

/// What the io_uring driver asks the kernel for when it receives, sends and cancels. Only
/// uring_driver.cpp includes it.
namespace teasel::detail::uring {

/// Bytes for buffers of the ring, again and again. Once the end has been seen it is a single
/// receive.
inline void prepareReceive(io_uring_sqe& sqe, Entry& entry, const UringFeatures& features) {
  io_uring_prep_recv_multishot(&sqe, entry.descriptor, nullptr, 0, 0);
  sqe.flags |= IOSQE_BUFFER_SELECT;
  sqe.buf_group = posix::Uring::kBufferGroup;
  if (entry.endSeen) sqe.ioprio &= ~IORING_RECV_MULTISHOT;
  if (features.bundles) sqe.ioprio |= posix::kernel::kBundle;
  // After a lack of buffers there are bytes to receive.
  if (features.pollFirst && !std::exchange(entry.starved, false)) sqe.ioprio |= posix::kernel::kPollFirst;
}

/// These pieces, of which there is one at least. The entry keeps what the kernel reads meanwhile.
/// With MSG_WAITALL the kernel goes on by itself after a short send.
inline void prepareSend(io_uring_sqe& sqe, Entry& entry, std::span<const iovec> pieces, bool zeroCopy) {
  constexpr int flags = MSG_NOSIGNAL | MSG_WAITALL;
  if (pieces.size() == 1) {
    const iovec& only = pieces.front();
    if (zeroCopy) io_uring_prep_send_zc(&sqe, entry.descriptor, only.iov_base, only.iov_len, flags, posix::kernel::kReportUsage);
    else io_uring_prep_send(&sqe, entry.descriptor, only.iov_base, only.iov_len, flags);
    return;
  }
  if (entry.pieces == nullptr) entry.pieces = std::make_unique<Pieces>();
  std::copy(pieces.begin(), pieces.end(), entry.pieces->vectors.begin());
  entry.pieces->message.msg_iov = entry.pieces->vectors.data();
  entry.pieces->message.msg_iovlen = pieces.size();
  if (zeroCopy) {
    io_uring_prep_sendmsg_zc(&sqe, entry.descriptor, &entry.pieces->message, flags);
    sqe.ioprio |= posix::kernel::kReportUsage;
  } else {
    io_uring_prep_sendmsg(&sqe, entry.descriptor, &entry.pieces->message, flags);
  }
}

/// An end of the operation with that user data.
inline void prepareCancel(io_uring_sqe& sqe, std::uint64_t data) {
  io_uring_prep_cancel64(&sqe, data, 0);
  // It fails with ENOENT if the operation has completed. Then that completion says all.
  sqe.flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe.user_data = kNobody;
}

}  // namespace teasel::detail::uring
