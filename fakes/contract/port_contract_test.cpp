#include <teasel/contract/connect.hpp>
#include <teasel/contract/listen.hpp>

#include <teasel/contract/instantiate.hpp>

#include "arms.hpp"

TEASEL_INSTANTIATE_CONTRACT_PART(ContractConnect, wrappedArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractListen, wrappedArms());
