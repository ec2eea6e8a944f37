# How often --compare is right over simulated pairs of runs. COUNT: pairs, 200 unless given.
. "$(dirname "$script")/figures.sh"
simulation=$(dirname "$GLIMPSE")/bench/glimpse-bench-verdicts
[ -x "$simulation" ] || fail "$simulation is not there: configure with -DGLIMPSE_DEVELOPER=ON and build it"
"$simulation" "${COUNT:-200}" || failed=1
verdict
