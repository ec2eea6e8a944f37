# Options of the mock are bench's too: they reach the mock that it starts, and the books of faults balance
# whoever made an error: a rule, a limit, a full queue, a closed connection.
run() {
    "$GLIMPSE" bench --requests 30 --concurrent-users 4 --pool-ratio 0 --calibrate-first off --validity off -q \
        --json run.json "$@" >out 2>err || fail "exit $?: bench $*"
    equal "balance of $*" "$(jq -c .faults.balance run.json)" '{"faults":0,"attempts":0,"requests":0}'
}
run --latency 0 --fault '500:#3,503:/10,401:~nothing-has-this' --retry-after 0-1ms
[ "$(jq .faults.injected run.json)" -ge 4 ] || fail "fewer faults than the rules make: $(jq -c .faults run.json)"
run --latency 20ms --capacity 1 --queue 1 --max-attempts 1
run --latency 0 --close-after 2
[ "$(jq .totals.connections_died run.json)" -ge 1 ] || fail "no connection died"
equal "as many died as were closed" "$(jq .totals.connections_died run.json)" "$(jq .faults.injected run.json)"
prints "$(jq .totals.connections_died run.json) died under a request that used them again"
run --latency 0 --fault close:50%
run --stream --latency 0 --token-rate 0 --fault 'reset@2:#3,truncate@2:#5,stall@2+5ms:#7'
equal "the mock's options are in the report" \
    "$(jq -r '.settings.mock_options' run.json | grep -c -- '--fault reset@2:#3,truncate@2:#5,stall@2+5ms:#7')" 1
run --latency 0 --rpm 0 --mock-rpm 1200
jq -r .settings.mock_options run.json | grep -q -- '--rpm 1200' || fail "the mock has no limit"

# The key that the mock wants is the one it is asked with; that of the user stays out of it.
OPENAI_API_KEY=sk-canary run --latency 0 --require-key made-up
equal "answered" "$(jq .totals.by_status.aligned run.json)" 30
! grep -q 'made-up\|canary' run.json || fail "a key is in the report"
# Without an endpoint there is none in the report.
expect 0 "$GLIMPSE" bench --sampler local --requests 5 --calibrate-first off --validity off -q --json run.json
equal "target" "$(jq -r .settings.target run.json)" 'no endpoint: this machine (--sampler local)'

expect 64 "$GLIMPSE" bench --base-url http://127.0.0.1:1 --capacity 3 --requests 1
says '--capacity is of the mock that bench starts'
expect 78 "$GLIMPSE" bench --latency 0 --fault teapot:1% --requests 1 --calibrate-first off
says 'unknown fault'
