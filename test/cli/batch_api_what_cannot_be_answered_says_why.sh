# A part that is refused again and again, and lines that fail more often than they are asked for,
# end with a record in the endpoint's words.
start_mock --batch-latency 50ms --batch-fault invalid:9
drafts 3 >in
expect 1 "$GLIMPSE" batch in -o records --base-url "$URL" --mode api
equal codes "$(records records '[.[].error.code] | unique | join(",")')" invalid_json_line
equal statuses "$(records records '[.[].glimpse.status] | unique | join(",")')" error
equal "made once more" "$(mock_stats .batch.batches)" 2
kill "$MOCK"
start_mock --batch-latency 50ms --batch-fault expire:100%
expect 1 "$GLIMPSE" batch in -o expired --base-url "$URL" --mode api --max-attempts 1
equal codes "$(records expired '[.[].error.code] | unique | join(",")')" batch_expired
equal essences "$(records expired '[.[].glimpse.essence | select(. != "")] | length')" 3
expect 0 "$GLIMPSE" batch in -o expired --base-url "$URL" --mode api --resume --retry-failed
equal statuses "$(records expired '[.[].glimpse.status] | unique | join(",")')" aligned
