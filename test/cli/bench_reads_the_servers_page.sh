# --scrape: the server's own figures beside the client's, on the same seconds.
start_mock --latency 20ms
quick="--calibrate-first off --validity off --pool-ratio 0 --base-url $URL --quiet"
# shellcheck disable=SC2086
{
    expect 0 "$GLIMPSE" bench $quick --scrape auto --rate 50 --duration 3s --json run.json --html run.html
    prints 'mock_requests_received_total' 'a second'
    equal "it read pages" "$(jq '.server.pages >= 2 and (.server.url | endswith("/metrics"))' run.json)" true
    # What the server had received when it was read last is part of what was sent.
    equal "its count is the server's" \
        "$(jq '. as $r | .server.series[] | select(.name == "mock_requests_received_total") | .last > 0 and .last <= $r.totals.attempts' run.json)" true
    equal "rows on the same axis" "$(jq '[.server.series[].rows | length] | unique | length' run.json)" 1
    grep -q 'data-figure="server.series.0.mean"' run.html || fail "the page does not tell it"

    expect 0 "$GLIMPSE" bench $quick --scrape "${URL%/v1}/metrics" --scrape-series mock_connections --requests 5 --json run.json
    equal "the series asked for" "$(jq -c '[.server.series[].name]' run.json)" '["mock_connections"]'
    expect 0 "$GLIMPSE" bench $quick --scrape "${URL%/v1}/none" --requests 5 --json run.json
    says --scrape 'HTTP 404'
    equal "a page that is none is counted" "$(jq '.server.pages == 0 and .server.failed > 0' run.json)" true
}
expect 78 "$GLIMPSE" bench --scrape https://127.0.0.1/metrics
says --scrape https
expect 78 "$GLIMPSE" bench --scrape auto --scrape-series 'a{b'
says --scrape-series
