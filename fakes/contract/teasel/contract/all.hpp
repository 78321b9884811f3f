#pragma once

#include <teasel/contract/backpressure.hpp>
#include <teasel/contract/bytes.hpp>
#include <teasel/contract/close.hpp>
#include <teasel/contract/connect.hpp>
#include <teasel/contract/errors.hpp>
#include <teasel/contract/files.hpp>
#include <teasel/contract/half_close.hpp>
#include <teasel/contract/instantiate.hpp>
#include <teasel/contract/lifecycle.hpp>
#include <teasel/contract/listen.hpp>
#include <teasel/contract/producer_ends.hpp>
#include <teasel/contract/producers.hpp>
#include <teasel/contract/resets.hpp>
#include <teasel/contract/thread_pool.hpp>
#include <teasel/contract/threads.hpp>
#include <teasel/contract/time.hpp>
#include <teasel/contract/turns.hpp>
#include <teasel/contract/unix.hpp>

/// Runs the whole contract on `arms`, a container of teasel::contract::Arm. Once per program, at
/// namespace scope. ContractUnix is left out: it needs the arms of unix_bench.hpp.
#define TEASEL_INSTANTIATE_CONTRACT(arms)                       \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractBytes, arms);        \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractClose, arms);        \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractHalfClose, arms);    \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractBackpressure, arms); \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractResets, arms);       \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractProducers, arms);    \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractProducerEnds, arms); \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractFiles, arms);        \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractConnect, arms);      \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractListen, arms);       \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractTime, arms);         \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractTurns, arms);        \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractErrors, arms);       \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractLifecycle, arms);    \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractThreads, arms);      \
  TEASEL_INSTANTIATE_CONTRACT_PART(ContractThreadPool, arms)
