# A server that stalls once for 1.4 s in 30 s of 2,000 requests a second: 2,800 requests are meant to be
# sent meanwhile, so the 600th slowest of 60,000, p99, waits 1.4 s x (1 - 600 / 2800) = 1.10 s. The time
# at the server alone, of the 64 that are let in flight at once, shows a few milliseconds.
. "$(dirname "$script")/figures.sh"
"$GLIMPSE" bench --latency 2ms --rate 2000 --duration 30s --pool-ratio 0 --concurrency 64 --validity off \
    --calibrate-first off --json run.json >out 2>err &
run=$!
pids="$pids $run"
until grep -q "a mock of our own" err; do sleep 0.1; done
mock=$(cat /proc/$run/task/$run/children)
sleep 10
# shellcheck disable=SC2086
kill -STOP $mock
sleep 1.4
# shellcheck disable=SC2086
kill -CONT $mock
code=0
wait $run || code=$?
cat out
figure "exit code" $code == 0
figure "measured" "$(jq .totals.measured run.json)" == 60000
figure "latency p99, ms, of 1,100: at least" "$(jq '.distributions.latency.p99_us / 1000 | floor' run.json)" '>=' 1045
figure "latency p99, ms, of 1,100: at most" "$(jq '.distributions.latency.p99_us / 1000 | floor' run.json)" '<=' 1155
figure "service p99, ms" "$(jq '.distributions.service.p99_us / 1000 | floor' run.json)" '<=' 20
verdict
