# attempts and retries, of the records and of the summary, are what the endpoint has counted: each
# line of each batch that it took on.
start_mock --batch-latency 50ms --batch-fault expire:40%,fail:10% --seed 5
drafts 60 >in
drafts 5 again >>in
sed 's/again/twin/' in | tail -5 >>in
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --mode api --batch-requests 40 \
    --summary summary
equal records "$(records records length)" 70
asked=$(($(mock_stats .batch.lines_answered) + $(mock_stats .batch.lines_spoilt)))
[ "$asked" -gt 60 ] || fail "nothing was asked again"
equal attempts "$(jq .attempts summary)" "$asked"
equal "of the records" "$(records records '[.[].glimpse.attempts] | add')" "$asked"
equal retries "$(jq .retries summary)" "$((asked - 60))"
equal "beyond the first" \
    "$(records records '[.[].glimpse.attempts | select(. > 1) | . - 1] | add')" "$((asked - 60))"
kill "$MOCK"

# A batch that is refused as a whole asks nothing.
start_mock --batch-latency 50ms --batch-fault invalid:9
expect 1 "$GLIMPSE" batch in -o refused --base-url "$URL" --mode api --summary summary
equal attempts "$(jq .attempts summary)" 0
equal "of the records" "$(records refused '[.[].glimpse.attempts] | add')" 0
