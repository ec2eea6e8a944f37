# Lines that ask for the same share one request, while it is in flight and after it.
start_mock --latency 100ms
awk 'BEGIN {
    srand(7)
    for (i = 1; i <= 1000; i++) {
        n = rand() >= 0.3 || distinct == 0 ? ++distinct : 1 + int(rand() * distinct)
        printf "{\"input_text\":\"text number %d\",\"goal\":\"one sentence\"}\n", n
    }
}' >in
distinct=$(sort -u in | wc -l)
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 256 --summary summary
equal "requests at the mock" "$(mock_stats .requests)" "$distinct"
equal "answered live" "$(jq .by_source.live summary)" "$distinct"
coalesced=$(jq .by_source.coalesced summary)
[ "$coalesced" -gt 0 ] || fail "none was coalesced"
equal "coalesced and cached" $((coalesced + $(jq .by_source.cache summary))) $((1000 - distinct))
equal "records with an answer" "$(jq -r 'select(.glimpse.status == "aligned") | 1' records | wc -l)" 1000
equal "attempts of what was coalesced" \
    "$(jq -r 'select(.glimpse.source == "coalesced") | .glimpse.attempts' records | sort -u)" 0

# Each for itself.
for _ in 1 2 3 4 5; do echo '{"input_text":"the same"}'; done >same
expect 0 "$GLIMPSE" batch same -o apart --base-url "$URL" --coalesce off --summary summary
equal "sent" "$(jq .by_source.live summary)" 5
expect 0 "$GLIMPSE" batch same -o bypassed --base-url "$URL" --cache bypass --summary summary
equal "sent past the cache" "$(jq .by_source.live summary)" 5
