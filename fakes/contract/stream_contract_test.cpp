#include <teasel/contract/backpressure.hpp>
#include <teasel/contract/bytes.hpp>
#include <teasel/contract/close.hpp>
#include <teasel/contract/half_close.hpp>
#include <teasel/contract/resets.hpp>

#include <teasel/contract/instantiate.hpp>

#include "arms.hpp"

TEASEL_INSTANTIATE_CONTRACT_PART(ContractBytes, streamArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractClose, streamArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractHalfClose, streamArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractBackpressure, streamArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractResets, streamArms());
