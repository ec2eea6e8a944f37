# The searches for a limit: what is refused, and what is found where the limit is known.
refuse() { # code, words said, --, options
    code=$1 words=$2
    shift 3
    expect "$code" "$GLIMPSE" bench "$@"
    says "$words"
}
refuse 64 --sla -- --sweep
refuse 64 --saturate -- --sweep --saturate --sla 'p95<1s'
refuse 64 --requests -- --saturate --requests 5
refuse 64 --rate -- --saturate --rate 5
refuse 78 number -- --sweep --sla 'p95<1s' --rate 10:1s

# An endpoint that takes 50 ms never meets 20 ms, and does at any rate meet 5 s.
expect 1 "$GLIMPSE" bench --sweep --sla 'p50<20ms' --latency 50ms --pool-ratio 0 --duration 200ms \
    --rate 20 --validity off -q
grep -q 'the SLA is missed at 20/s' out || fail "a sweep that finds nothing says so"
equal "it stops there" "$(grep -c MISSED out)" 1

# The limit is in the SLA's own words: fewer than 100 answers a second, within 5 % and what half a
# second of them can tell.
expect 0 "$GLIMPSE" bench --sweep --sla 'throughput<100' --latency 0 --pool-ratio 0 \
    --duration 500ms --rate 20 --validity off -q
found=$(sed -n 's|^the highest rate that meets the SLA: \([0-9]*\)/s; missed at .*|\1|p' out)
[ "${found:-0}" -ge 85 ] && [ "$found" -le 115 ] || fail "100 a second was to be found, not '$found'"

# A server of four places of 20 ms does 200 a second, and keeps no rate above, though the SLA is one of
# seconds; the built-in mix repeats, so the client's cache would find more. Within a factor that a busy
# machine keeps.
start_mock --capacity 4 --latency 20ms
expect 0 "$GLIMPSE" bench --sweep --sla 'p95<60s' --base-url "$URL" --rate 20 --duration 1s --validity off -q
found=$(sed -n 's|^the highest rate that meets the SLA: \([0-9]*\)/s; missed at .*|\1|p' out)
[ "${found:-0}" -ge 20 ] && [ "$found" -le 230 ] || fail "200 a second was to be found, not '$found'"
grep -q 'MISSED: .*\(rose\|unanswered\)' out || fail "it does not say why a rate is missed"
kill "$MOCK"

# A client that cannot do more is no result: --validity on, and everything it does is late.
expect 70 "$GLIMPSE" bench --sweep --sla 'p95<60s' --latency 0 --rate 9999999 --duration 100ms -q
grep -q 'the client is the limit' out || fail "it does not say that the client is the limit"

# Runs of which nothing can be said, here since all of them is warm-up: three, and the search is none.
expect 70 "$GLIMPSE" bench --sweep --sla 'p95<60s' --latency 0 --rate 20 --duration 300ms --warmup 299ms \
    --calibrate-first off -q --json spoilt.json
prints 'no limit was found: the client spoilt 3 runs at 20/s: nothing was measured'
equal "three runs" "$(jq -c '[.result.state, (.runs | length)]' spoilt.json)" '["spoilt",3]'
expect 70 "$GLIMPSE" bench --saturate --latency 400ms --duration 300ms --warmup 299ms --calibrate-first off -q
prints 'no ceiling was found: the client spoilt 3 runs with 1 users'

# Interrupted, it ends with the signal's code.
"$GLIMPSE" bench --saturate --latency 50ms --duration 60s --calibrate-first off -q \
    --log-level info --log-file log >out 2>err &
pid=$!
# The head stands before the first run takes signals; its first answer comes after.
until_true grep -q openai_call log
kill -TERM "$pid"
wait "$pid" && code=0 || code=$?
equal "exit code" "$code" 143
grep -q '^interrupted; the most so far: ' out || fail "it does not say what was found so far"
