# Runs of which an earlier report told another story than the server's log (bench/truth/server.c): each is held
# against that log again. Bounds are wide: what was wrong was wrong by half and more.
truth=$(dirname "$GLIMPSE")/bench/glimpse-truth
[ -x "$truth" ] || { echo "SKIPPED: $truth is not built" >&2; exit 77; }

# against 'SERVER' OPTIONS...: sets $code; leaves run.json and log, a line for each request that the server had.
against() {
    server=$1
    shift
    rm -f port log run.json
    # shellcheck disable=SC2086
    "$truth" port log $server &
    pid=$!
    pids="$pids $pid"
    until_true test -s port
    code=0
    "$GLIMPSE" bench --base-url "http://127.0.0.1:$(cat port)/v1" --pool-ratio 0 --calibrate-first off --validity off -q \
        --json run.json "$@" >out 2>err || code=$?
    kill $pid
    wait $pid || :
}

# An open loop at a server that fails one in twenty: as many reach it as were asked for, at the rate that was asked.
against 'latency=200 error_every=20' --rate 100 --duration 3s
equal "all reached the server" "$(jq -s length log)" 300
equal "as said" "$(jq -c '[.totals.sent, .totals.unsent, .totals.by_source.live]' run.json)" '[300,0,300]'
equal "at the rate that was asked" "$(jq -s --slurpfile run run.json '((length - 1) * 1e9 / (.[-1].came - .[0].came)) as $true |
    ($run[0].totals.sent_rps - $true | fabs) < 0.1 * $true' log)" true

# One at a time in the client, so that the k-th waits ever longer: its first token counts from the schedule, in the
# SLA and for what is good too.
against 'latency=400 gap=20 tokens=5' --rate 10 --duration 1s --concurrency 1 --stream --goodput 'ttft<600ms' --sla 'ttft_p99<600ms'
equal "missed" "$code" 1
equal "the wait is in the first token" "$(jq -s --slurpfile run run.json '((.[-1].came - .[0].came) / 1e3 - 9e5) as $wait |
    $run[0] | .distributions.ttft.max_us > 0.9 * ($wait + 4e5) and .totals.good < 3' log)" true

# Each tenth stream stands still for a second: the gap is seen for itself, and not in a mean of its request.
against 'latency=20 gap=5 tokens=20 pause_every=10 pause=1000' --concurrent-users 5 --requests-per-user 4 --stream --sla 'chunk_gap_max<500ms'
equal "missed" "$code" 1
equal "seen" "$(jq '.distributions.chunk_gap | .max_us > 900000 and .p50_us < 500000' run.json)" true
equal "by its first name too" "$(jq '.distributions.token_gap == .distributions.chunk_gap' run.json)" true

# A circuit that opens: what was never sent is said to be so.
against 'latency=20 outage_from=500 outage_to=1500' --rate 100 --duration 2s --client engine --cache-size 0 --breaker fail --max-attempts 1
equal "live is what reached the server" "$(jq -s --slurpfile run run.json 'length == $run[0].totals.sent and
    $run[0].totals.sent + $run[0].totals.unsent == $run[0].totals.issued' log)" true

# One straggler of 300 does not halve a throughput; the drain is told apart.
against 'latency=20 slow_at=150 slow=5000' --rate 100 --duration 3s --sla 'throughput>50'
equal "met" "$code" 0
equal "the drain" "$(jq '.totals | .drain_s > 1 and .window_s == 3' run.json)" true
