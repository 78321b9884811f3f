#include <teasel/contract/backpressure.hpp>
#include <teasel/contract/bytes.hpp>
#include <teasel/contract/close.hpp>
#include <teasel/contract/half_close.hpp>
#include <teasel/contract/resets.hpp>

#include <teasel/contract/instantiate.hpp>

#include "arms.hpp"

TEASEL_INSTANTIATE_CONTRACT_PART(ContractBytes, wrappedArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractClose, wrappedArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractHalfClose, wrappedArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractBackpressure, wrappedArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractResets, wrappedArms());
