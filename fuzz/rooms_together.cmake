# A few files for all of Teasel, for those who compile it once. See CMakeLists.txt, which includes this, for the options. What they
# fuzz are their protocols and Teasel's, so only these have all sanitizers. Reactor and transport, which own memory to which
# protocols may keep references, keep AddressSanitizer. The rest runs without, and what a campaign runs seldom or never is
# optimised as the rest of the tree is.
include(TeaselTogether)
list(APPEND machinery_options -O2 -gline-tables-only)
list(APPEND plain_options -gline-tables-only)
if("address" IN_LIST sanitizers)
  list(APPEND plain_options -DTEASEL_POOLS_OFF)
endif()
set(memory_options ${transport_options} -O2 -gline-tables-only)
list(REMOVE_ITEM sanitizers address)
if(sanitizers)
  list(JOIN sanitizers "," joined)
  list(APPEND memory_options -fno-sanitize=${joined})
endif()

set(framework "/framework/teasel")
teasel_together(teasel_framework reactor SOURCES "${framework}/(core|deferred|reactor|transport|protocol)/" OPTIONS ${memory_options} OWN kLog)
teasel_together(teasel_framework endpoints SOURCES "${framework}/(endpoints|application)/" OPTIONS ${plain_options} OWN kLog)
teasel_together(teasel_framework drivers SOURCES "${framework}/drivers/" WITHOUT "/pid_file[.]cpp$" OPTIONS ${plain_options})
teasel_together(teasel_framework framing SOURCES "${loop_sources}" OPTIONS ${coverage_options} ${loop_options})
teasel_together(teasel_framework protocols SOURCES "${framework}/protocols/[^/]*$" WITHOUT "${loop_sources}" OPTIONS ${coverage_options} OWN kLog)
if(TEASEL_IRC)
  teasel_together(teasel_framework irc_server SOURCES "${framework}/protocols/irc/(server.*|message_builder|numerics|client_registration)[.]cpp$"
    OPTIONS ${coverage_options} OWN kLog)
  teasel_together(teasel_framework irc_client SOURCES "${framework}/protocols/irc/"
    WITHOUT "/irc/(server.*|message_builder|numerics|client_registration)[.]cpp$" OPTIONS ${coverage_options} OWN kLog)
endif()
teasel_together(teasel_fakes world SOURCES "/teasel/fakes/((play|trace|net|world)/.*|[^/]*)[.]cpp$" WITHOUT "/(chunk_memory|odometer)[.]cpp$"
  OPTIONS ${machinery_options} -Wno-shadow OWN slotOf)
teasel_together(teasel_fakes program SOURCES "/teasel/fakes/program/" OPTIONS ${plain_options})
teasel_together(teasel_props props SOURCES "/props/" OPTIONS ${plain_options} -Wno-shadow)
