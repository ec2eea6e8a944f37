# A mock that stands still for 1.5 s of 3,000 requests a second lets 4,500 requests wait, 11 MB of them.
# Two seconds after it goes on the memory is what it was before, but for the connections: 128 of them, all
# that --concurrency allows, instead of the fifteen that were enough, 12 KB each, and the tables of 4,500.
. "$(dirname "$script")/figures.sh"
"$GLIMPSE" bench --latency 2ms --rate 3000 --duration 25s --pool-ratio 0 --concurrency 128 -q --validity off \
    --calibrate-first off --json run.json >out 2>err --log-level info --log-file log &
run=$!
pids="$pids $run"
until grep -q openai_call log 2>/dev/null; do sleep 0.1; done
mock=$(cat /proc/$run/task/$run/children)
sleep 10
# shellcheck disable=SC2086
kill -STOP $mock
sleep 1.5
# shellcheck disable=SC2086
kill -CONT $mock
code=0
wait $run || code=$?
figure "exit code" $code == 0
figure "at most in flight" "$(jq .totals.peak_in_flight run.json)" '>=' 4000
before=$(jq '[.timeline[] | select(.at_s < 10)][-1].rss_bytes' run.json)
note "before, bytes" "$before"
note "at most, bytes" "$(jq '[.timeline[].rss_bytes] | max' run.json)"
figure "more at the end than before, bytes" "$(($(jq '[.timeline[] | select(.rss_bytes > 0)][-1].rss_bytes' run.json) - before))" '<=' 3000000
verdict
