#include <teasel/contract/files.hpp>
#include <teasel/contract/producer_ends.hpp>
#include <teasel/contract/producers.hpp>

#include <teasel/contract/instantiate.hpp>

#include "arms.hpp"

TEASEL_INSTANTIATE_CONTRACT_PART(ContractFiles, streamArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractProducers, streamArms());
TEASEL_INSTANTIATE_CONTRACT_PART(ContractProducerEnds, streamArms());
