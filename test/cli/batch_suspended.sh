# A process that stood still for longer than its limits (Ctrl-Z, a lid, a freezer) takes the answers that came in time
# and lie in its sockets: nothing is thrown away, nothing asked for again.
start_mock --latency 1s
drafts 40 >in
now_ms() { echo $(($(date +%s%N) / 1000000)); }
asked() { [ "$(mock_stats .requests)" = "$1" ]; }
answered() { [ "$(mock_stats ".by_status[\"200\"]")" = "$1" ]; }
passed() { [ "$(now_ms)" -ge "$1" ]; }

total=0
for limit in --timeout --deadline; do
    rm -f records
    total=$((total + 40))
    "$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 40 "$limit" 3s --cache-size 0 --summary summary >out 2>err &
    job=$!
    pids="$pids $job"
    began=$(now_ms)
    until_true asked "$total"
    kill -s STOP "$job"
    until_true answered "$total"
    until_true passed $((began + 4000))
    kill -s CONT "$job"
    wait "$job" || fail "exit $? with $limit"
    equal "aligned with $limit" "$(records records '[.[] | select(.glimpse.status == "aligned")] | length')" 40
    equal "asked with $limit" "$(mock_stats .requests)" "$total"
done
