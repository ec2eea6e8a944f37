# A closed and an open loop against the mock that bench starts: what is counted adds up, what is cut is
# not measured, the report for programs has the table's figures, and nothing stays behind.
expect 0 "$GLIMPSE" bench --client engine --latency 1ms --requests-per-user 20 --concurrent-users 5 --seed 3 \
    --calibrate-first off --validity off --json run.json
says 'a mock of our own'
prints 'closed loop  5 users' '100 measured'
equal "measured" "$(jq '.totals.measured' run.json)" 100
equal "all answered" "$(jq '.totals.by_status.aligned' run.json)" 100
equal "sources add up" "$(jq '[.totals.by_source[]] | add' run.json)" 100
equal "one attempt for each live answer" "$(jq '.totals.attempts == .totals.by_source.live' run.json)" true
equal "hits are repetitions" "$(jq '.totals.hits == .totals.repeated' run.json)" true
equal "the histogram has them all" \
    "$(jq '[.distributions.latency.histogram[][1]] | add' run.json)" 100
equal "so have the seconds" "$(jq '[.timeline[].done] | add' run.json)" 100

# The same seed is the same mix.
expect 0 "$GLIMPSE" bench --client engine --latency 0 --requests-per-user 20 --concurrent-users 5 --seed 3 \
    --calibrate-first off --validity off --json again.json
equal "repetitions" "$(jq .totals.repeated again.json)" "$(jq .totals.repeated run.json)"

# An open loop sends what its schedule says, and cuts both ends by it.
expect 0 "$GLIMPSE" bench --latency 0 --rate 0-200:500ms,200:500ms --pool-ratio 0 --warmup 500ms \
    --calibrate-first off --validity off --json open.json
equal "the area of the ramp and of the step" "$(jq .totals.sent open.json)" 150
equal "the ramp is cut" "$(jq .totals.cut open.json)" 50
equal "the step is measured" "$(jq .totals.measured open.json)" 100
equal "nothing was repeated" "$(jq '.totals.repeated + .totals.hits' open.json)" 0
prints 'latency (from schedule)' 'service (at the server)'
equal "never sent early" "$(jq '.distributions.latency.mean_us >= .distributions.service.mean_us' open.json)" true

# Streams have a first token.
expect 0 "$GLIMPSE" bench --latency 5ms --token-rate 1000 --stream --requests 10 --pool-ratio 0 \
    --calibrate-first off --validity off --json stream.json
equal "first tokens" "$(jq .distributions.ttft.count stream.json)" 10
equal "not before they can come" "$(jq '.distributions.ttft.p50_us >= 5000' stream.json)" true

# The report alone on standard output.
expect 0 "$GLIMPSE" bench --latency 0 --requests 10 --calibrate-first off --validity off --json - -q
equal "one object" "$(jq .totals.measured out)" 10

# It is asked directly, whatever proxy there is for others, and with nobody's key.
export HTTP_PROXY=http://127.0.0.1:9 http_proxy=http://127.0.0.1:9 OPENAI_API_KEY=sk-not-for-the-mock
expect 0 "$GLIMPSE" bench --latency 0 --requests 10 --calibrate-first off --validity off
prints '10 aligned'
