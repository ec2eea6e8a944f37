# Where --metrics may listen, what it refuses, and that it ends with the command: run, bench, batch.
start_mock
for bad in '' 127.0.0.1 127.0.0.1: :9100 99999 127.0.0.1:65536 '[::1]' '[::1:9' '[x]:1' nowhere:1 127.0.0.1:1x ::1:9; do
    expect 78 "$GLIMPSE" run --base-url "$URL" --metrics "$bad" hello
    says --metrics
done
for good in 0 127.0.0.1:0 localhost:0; do
    expect 0 "$GLIMPSE" run --base-url "$URL" --metrics "$good" hello
    says 'glimpse: metrics at http://127.0.0.1:'
    one_line
done
if grep -q . /proc/net/if_inet6 2>/dev/null; then
    expect 0 "$GLIMPSE" run --base-url "$URL" --metrics '[::1]:0' hello
    says 'glimpse: metrics at http://[::1]:'
fi

# One that is taken is said at once, with the option; nothing is sent and no output made.
before=$(mock_stats .requests)
drafts 3 >in
expect 71 "$GLIMPSE" batch in -o records --base-url "$URL" --metrics "127.0.0.1:$(cat port)"
says --metrics 'in use'
[ ! -e records ] || fail "an output was made"
equal requests "$(mock_stats .requests)" "$before"

# bench: its runs share the address, and a scrape between two of them is answered by the next.
"$GLIMPSE" bench --latency 0 --sweep --sla 'p95<1ms' --rate 50 --duration 300ms --validity off \
    --metrics 127.0.0.1:0 >out 2>err &
BENCH=$!
pids="$pids $BENCH"
until_true grep -q 'metrics at' err
METRICS=$(sed -n 's/.*metrics at //p' err)
scraped() { curl -s -m 5 "$METRICS" | grep -q '^glimpse_requests_submitted_total [1-9]'; }
until_true scraped
running() { kill -0 "$BENCH"; }
scrapes=0
while running 2>/dev/null && [ "$scrapes" -lt 20 ]; do
    curl -s -m 5 "$METRICS" >text || :
    scrapes=$((scrapes + 1))
done
kill "$BENCH" 2>/dev/null || :
code=0
wait "$BENCH" || code=$?
case "$code" in 0 | 1 | 70 | 143) ;; *) fail "exit $code of bench" ;; esac
equal 'addresses told' "$(grep -c 'metrics at' err)" 1

# Through batches the figures are those of the answers that came back.
drafts 5 | sed 's/"custom_id":"d/"custom_id":"api/' >in
expect 0 "$GLIMPSE" batch in -o records.api --mode api --base-url "$URL" --metrics 0
says 'metrics at' '5 done'
