# A few files for all of Teasel, for those who compile it once. See CMakeLists.txt, which includes this, for the options. What a
# campaign runs seldom or never is not optimised more than the rest of the tree.
include(TeaselTogether)
set(cold_options -gline-tables-only)
set(framework "/framework/teasel")
teasel_together(teasel_framework reactor SOURCES "${framework}/(core|deferred|reactor|transport|protocol)/" OPTIONS ${transport_options}
  -gline-tables-only OWN kLog)
teasel_together(teasel_framework endpoints SOURCES "${framework}/(endpoints|application)/" OPTIONS ${cold_options} OWN kLog)
teasel_together(teasel_framework drivers SOURCES "${framework}/drivers/" WITHOUT "/pid_file[.]cpp$" OPTIONS ${cold_options})
teasel_together(teasel_framework protocols SOURCES "${framework}/protocols/[^/]*$" OPTIONS ${coverage_options} OWN kLog)
teasel_together(teasel_framework irc_server SOURCES "${framework}/protocols/irc/(server.*|message_builder|numerics|client_registration)[.]cpp$"
  OPTIONS ${coverage_options} OWN kLog)
teasel_together(teasel_framework irc_client SOURCES "${framework}/protocols/irc/"
  WITHOUT "/irc/(server.*|message_builder|numerics|client_registration)[.]cpp$" OPTIONS ${coverage_options} OWN kLog)
teasel_together(teasel_fakes world SOURCES "/teasel/fakes/((play|trace|net|world)/.*|[^/]*)[.]cpp$" WITHOUT "/(chunk_memory|odometer)[.]cpp$" OPTIONS ${machinery_options}
  -gline-tables-only -Wno-shadow OWN slotOf)
teasel_together(teasel_fakes program SOURCES "/teasel/fakes/program/" OPTIONS ${cold_options})
teasel_together(teasel_props props SOURCES "/props/" OPTIONS -gline-tables-only)
