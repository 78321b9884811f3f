#include <teasel/contract/errors.hpp>
#include <teasel/contract/lifecycle.hpp>
#include <teasel/contract/thread_pool.hpp>
#include <teasel/contract/threads.hpp>
#include <teasel/contract/time.hpp>
#include <teasel/contract/turns.hpp>

#include <teasel/contract/instantiate.hpp>

#include "arms.hpp"

TEASEL_INSTANTIATE_CONTRACT_PART(ContractTime, clockArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractTurns, wrappedArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractErrors, wrappedArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractLifecycle, wrappedArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractThreads, arms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractThreadPool, arms());
