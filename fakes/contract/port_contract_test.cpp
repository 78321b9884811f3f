#include <teasel/contract/connect.hpp>
#include <teasel/contract/listen.hpp>
#include <teasel/contract/unix.hpp>

#include <teasel/contract/instantiate.hpp>

#include "arms.hpp"

TEASEL_INSTANTIATE_CONTRACT_PART(ContractConnect, wrappedArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractListen, streamArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractUnix, unixArms());
