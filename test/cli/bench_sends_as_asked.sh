# A load test sends as asked: whatever the server says, each request goes out once, and the server's count is
# the report's. With the library's policies a dead server is asked less, and the report says how much less.
quick="--calibrate-first off --pool-ratio 0 -q --json run.json"
start_mock --fault 503:30%,429:20%,malformed:5% --retry-after 60s --seed 3
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "$URL" --rate 200 --duration 1s --validity off $quick
equal "as many as were asked for" "$(jq -c '[.totals.issued, .totals.sent, .totals.attempts, .totals.unsent, .totals.retries]' run.json)" '[200,200,200,0,0]'
equal "the server's own count" "$(mock_stats .requests)" 200
equal "its policy" "$(jq -r .settings.client run.json)" plain
prints 'client       plain'

# Half the requests repeat, and all are sent: nothing answers for the server.
start_mock
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "$URL" --requests 100 --concurrent-users 10 --validity off $quick --pool-ratio 1 --pool-size 3
equal "all were sent" "$(jq -c '[.totals.sent, .totals.hits, .totals.by_source.live]' run.json)" '[100,0,100]'
equal "the server's own count" "$(mock_stats .requests)" 100

# One option turns its policy on, and is named.
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "$URL" --requests 100 --concurrent-users 10 --validity off $quick --pool-ratio 1 --pool-size 3 --cache-size 10
equal "hits" "$(jq '.totals.hits > 0 and .totals.sent == .totals.by_source.live' run.json)" true
prints 'client       plain, with --cache-size 10'
# A rate that the cache answered is no load on the endpoint, and the verdict says so.
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "$URL" --rate 100 --duration 2s --validity off $quick --pool-ratio 1 --pool-size 3 --cache-size 10
equal "told" "$(jq '.totals.hits > 0 and (.why | test(" of the requests were answered in the client, .*: the endpoint was sent [0-9.]*/s of the [0-9.]*/s asked"))' run.json)" true

# A server that is down, and a circuit: what was never sent has a source of its own, and spoils the run.
start_mock --fault 503:100%
# shellcheck disable=SC2086
expect 70 "$GLIMPSE" bench --base-url "$URL" --client engine --breaker fail --max-attempts 1 --fallback off --rate 400 --duration 1s $quick
equal "what was not sent" "$(jq '.totals | .unsent > 0 and .by_source.unsent == .unsent and .sent + .unsent == .issued' run.json)" true
equal "the server's own count" "$(mock_stats .requests)" "$(jq .totals.sent run.json)"
equal "said" "$(jq '[.invalid[] | select(contains("never sent") and contains("--breaker fail"))] | length' run.json)" 1
prints "NEVER SENT" "client       engine, but --breaker fail"
