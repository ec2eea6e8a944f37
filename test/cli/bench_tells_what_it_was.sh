# What was set is told, a server that stands still has its requests in flight in each row of time, and a client
# that was stopped says so, in a closed loop as well.
quick="--calibrate-first off --pool-ratio 0 --concurrent-users 4 -q"
start_mock
# shellcheck disable=SC2086
{
    expect 0 "$GLIMPSE" bench --base-url "$URL" --requests 8 --validity off $quick --json one.json
    expect 0 "$GLIMPSE" bench --base-url "$URL" --requests 8 --validity off $quick --json two.json --think 10ms --timeout 9s \
        --temperature 0 --deadline 30s --max-attempts 2
    differ=$(jq -c -n --slurpfile a one.json --slurpfile b two.json \
        '$a[0].settings as $x | $b[0].settings as $y | [$x | keys[] | select($x[.] != $y[.] and . != "seed")]')
    equal "settings that differ" "$differ" '["client","deadline_ms","max_attempts","temperature","think_s","timeout_ms"]'

    # From 0.2 to 3.2 s after the first request nothing is answered: there is a whole second in it, or two.
    start_mock --stall 200ms+3s
    expect 0 "$GLIMPSE" bench --base-url "$URL" --duration 4s --validity off $quick --json run.json
    equal "rows of the stall" \
        "$(jq '[.timeline[] | select(.sent == 0 and .in_flight == 4 and .p50_us == null and .p99_us == null)] | length >= 1' run.json)" true

    start_mock --latency 20ms
    "$GLIMPSE" bench --base-url "$URL" --duration 3s $quick --json run.json --log-level info --log-file log >out 2>err &
    pid=$!
    pids="$pids $pid"
    until_true grep -q openai_call log
    kill -STOP $pid
    stopped=$pid
    sleep 0.6 # which is what it is stopped for
    kill -CONT $pid
    stopped=
    code=0
    wait $pid || code=$?
    equal "exit code" $code 70
    equal "said" "$(jq '[.invalid[] | select(startswith("the client stood still for "))] | length' run.json)" 1
}
