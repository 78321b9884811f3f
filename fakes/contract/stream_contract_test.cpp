#include <teasel/contract/backpressure.hpp>
#include <teasel/contract/bytes.hpp>
#include <teasel/contract/close.hpp>
#include <teasel/contract/half_close.hpp>

#include <teasel/contract/instantiate.hpp>

#include "arms.hpp"

TEASEL_INSTANTIATE_CONTRACT_PART(ContractBytes, arms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractClose, arms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractHalfClose, arms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractBackpressure, arms());
