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

    # What was asked for and never came is told wherever the run is told.
    missing="he server's figures are missing"
    expect 0 "$GLIMPSE" bench $quick --scrape http://127.0.0.1:1/metrics --requests 5 --json run.json --markdown run.md --html run.html
    says "warning: t$missing: not one page of http://127.0.0.1:1/metrics was read"
    prints "T$missing" 'NOTHING is known of the server'
    equal "why" "$(jq -r .why run.json | grep -c "T$missing: not one page")" 1
    grep -q "T$missing" run.md || fail "Markdown does not tell it"
    [ "$(grep -c "he server&#39;s figures are missing\|$missing" run.html)" -ge 2 ] || fail "the page does not tell it"
    expect 0 "$GLIMPSE" bench $quick --scrape auto --scrape-series none_has_this --requests 5 --json run.json --html run.html
    says 'warning: ' 'none of the series is on http://127.0.0.1:'
    prints "T$missing" 'NONE of the series'
    equal "why" "$(jq -r .why run.json | grep -c 'none of the series')" 1
}
# A server that takes the connection and says nothing: no page came before the run was over.
perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 8) or die;
    open(my $told, ">", "mute.tmp"); print $told $s->sockport; close($told); rename("mute.tmp", "mute");
    my @kept; while (my $c = $s->accept) { push @kept, $c }' &
pids="$pids $!"
until_true test -s mute
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench $quick --scrape "http://127.0.0.1:$(cat mute)/metrics" --requests 5 --json run.json
says 'warning: the server'
equal "a page that never ends" "$(jq -c '[.server.pages, .server.failed]' run.json)" '[0,1]'
expect 78 "$GLIMPSE" bench --scrape https://127.0.0.1/metrics
says --scrape https
expect 78 "$GLIMPSE" bench --scrape auto --scrape-series 'a{b'
says --scrape-series
