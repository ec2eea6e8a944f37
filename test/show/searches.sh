# How often --compare is right over simulated pairs of runs (COUNT of them, 200 unless given), and
# what --sweep and --saturate find on three mocks whose limit is known: places by latency. Seven
# minutes. The client is not judged, since it shares the machine with the mock.
. "$(dirname "$script")/figures.sh"
simulation=$(dirname "$GLIMPSE")/bench/glimpse-bench-verdicts
[ -x "$simulation" ] || fail "$simulation is not there: build with -DGLIMPSE_DEVELOPER=ON"
"$simulation" "${COUNT:-200}" || failed=1

# part_of VALUE TRUTH: how far from it, as a part.
part_of() { awk -v a="${1:-0}" -v b="$2" 'BEGIN { d = (a - b) / b; printf "%.3f", d < 0 ? -d : d }'; }

# knee PLACES MS
knee() {
    start_mock --capacity "$1" --latency "$2ms"
    limit=$(($1 * 1000 / $2))
    "$GLIMPSE" bench --sweep --sla 'p95<2500ms' --rate 40 --base-url "$URL" --validity off -q >sweep || :
    rate=$(sed -n 's|^the highest rate that meets the SLA: \([0-9]*\)/s.*|\1|p' sweep)
    "$GLIMPSE" bench --saturate --base-url "$URL" --validity off -q >saturate || :
    ceiling=$(sed -n 's|^ceiling: \([0-9.]*\) .*|\1|p' saturate)
    users=$(sed -n 's|^ceiling:.* knee: \([0-9]*\) users$|\1|p' saturate)
    kill "$MOCK"
    note "$1 places of $2 ms: rate found, of $limit/s" "$rate"
    figure "off by" "$(part_of "$rate" $limit)" '<=' 0.05
    note "answers a second at most" "$ceiling"
    figure "off by" "$(part_of "$ceiling" $limit)" '<=' 0.05
    note "knee, users, of $1" "$users"
    # One user more or less is as near as whole users come.
    figure "off by more than one user" "$(awk -v a="${users:-0}" -v b="$1" 'BEGIN { d = a - b; d = d < 0 ? -d : d; printf "%.3f", d <= 1 ? 0 : d / b }')" '<=' 0.05
}
knee 10 100
knee 8 50
knee 25 100
verdict
