# What the mock injected, the client saw, retried, recovered from and told balances to zero; what somebody
# else drew from the mock does not, and makes the run INVALID. The mock's times give the error of measurement.
all=429:4%,500:4%,503:4%,reset:4%,truncate:4%,malformed:4%
quick="--calibrate-first off --validity off --client engine --breaker wait --base-delay 1ms --pool-size 200 -q"
zero='{"faults":0,"attempts":0,"requests":0}'
balanced() { # WHAT
    equal "$1: balance" "$(jq -c .faults.balance run.json)" "$zero"
    equal "$1: injected" "$(jq '.faults | .injected == .left + .seen' run.json)" true
    equal "$1: requests" "$(jq '.faults | .requests_met == .requests_recovered + .requests_surfaced' run.json)" true
}
for stream in "" "--stream --token-rate 0"; do
    # shellcheck disable=SC2086
    expect 0 "$GLIMPSE" bench --latency 1ms --requests 600 --concurrent-users 20 --max-attempts 3 --seed 7 \
        --fault $all $quick $stream --json run.json
    balanced "retried $stream"
    equal "each kind was drawn" "$(jq '.faults.injected_by_fault | [.[]] | map(select(. > 0)) | length' run.json)" 6
    equal "each kind was told apart" "$(jq '.faults | .injected_by_fault == .seen_by_fault' run.json)" true
    equal "retries" "$(jq '.faults.retried == .totals.retries' run.json)" true
    prints 'balance: 0 faults, 0 attempts, 0 requests'
done
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --latency 20ms --requests 200 --concurrent-users 100 --fault 500:10%,hang:5% --deadline 10s \
    --max-attempts 2 --seed 3 $quick --json run.json
balanced "given up"
equal "hangs are given up" "$(jq '.faults.left_by_fault.hang > 0 and .faults.given_up >= .faults.left_by_fault.hang' run.json)" true
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --latency 1ms --requests 200 --concurrent-users 5 --outage 0-100ms $quick --json run.json
balanced "an outage"
equal "its refusals count" "$(jq '.faults.injected_by_fault["503"] > 0' run.json)" true

# The error of measurement is there with our mock and not without.
equal "measured" "$(jq '.distributions.measurement_error | .count > 0 and .p50_us <= .p99_us' run.json)" true
start_mock
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "$URL" --requests 20 $quick --json run.json
equal "not known" "$(jq -c '[.distributions.measurement_error.count, .faults.injected]' run.json)" '[0,null]'
prints 'with an error that is not known'

# Somebody else meets a fault of this run's mock, which the run cannot have seen.
"$GLIMPSE" bench --latency 1ms --rate 50 --duration 60s --calibrate-first off --json cut.json \
    --log-level info --log-file log >out 2>err &
pid=$!
pids="$pids $pid"
until_true grep -q openai_call log
child=$(cat /proc/$pid/task/$pid/children)
inodes=$(find "/proc/${child% }/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n')
port=$(printf '%s\n' "$inodes" | awk 'NR == FNR { own[$1] = 1; next } $4 == "0A" && ($10 in own) { sub(/.*:/, "", $2); print $2; exit }' \
    - "/proc/${child% }/net/tcp")
curl -sS -o answer -H 'x-mock-fault: 500' -H 'content-type: application/json' \
    -d '{"model":"m","messages":[{"role":"user","content":"x"}]}' "http://127.0.0.1:$((0x$port))/v1/chat/completions"
kill -INT $pid
wait $pid || :
equal "one too many" "$(jq -c .faults.balance.faults cut.json)" 1
says_invalid=$(jq -r '.invalid | map(select(startswith("the faults do not balance"))) | length' cut.json)
equal "INVALID" "$says_invalid" 1
