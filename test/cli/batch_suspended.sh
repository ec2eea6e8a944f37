# A process that stood still for longer than its limits (Ctrl-Z, a lid, a freezer) takes the answers that came in time
# and lie in its sockets: nothing is thrown away, nothing asked for again.
# The limit leaves 20 s to stop it, however busy the machine is; both limits are waited for side by side.
start_mock --latency 5s
drafts 40 >in
asked() { [ "$(mock_stats .requests)" = "$1" ]; }
answered() { [ "$(mock_stats ".by_status[\"200\"]")" = "$1" ]; }
passed() { [ "$(date +%s)" -gt "$1" ]; }

jobs=
total=0
for limit in --timeout --deadline; do
    total=$((total + 40))
    "$GLIMPSE" batch in -o "records$limit" --base-url "$URL" --concurrency 40 "$limit" 20s --cache-size 0 \
        --summary "summary$limit" >"out$limit" 2>"err$limit" &
    jobs="$jobs $!"
    pids="$pids $!"
    until_true asked "$total"
    kill -s STOP $!
    stopped="$stopped $!"
done
until_true answered "$total"
until_true passed $(($(date +%s) + 20)) # since the last was asked
# shellcheck disable=SC2086  # two numbers
kill -s CONT $jobs
stopped=
for job in $jobs; do wait "$job" || fail "exit $?"; done
for limit in --timeout --deadline; do
    equal "aligned with $limit" "$(records "records$limit" '[.[] | select(.glimpse.status == "aligned")] | length')" 40
done
equal "asked" "$(mock_stats .requests)" "$total"
