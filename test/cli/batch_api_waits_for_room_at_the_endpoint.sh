# With room for one batch at a time, the others wait until one has ended; few are made in vain.
start_mock --batch-latency 300ms --enqueued-tokens 3000
drafts 60 >in
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --mode api --batch-requests 20
says 'waits for room'
equal records "$(records records '[.[].custom_id] | unique | length')" 60
equal "lines paid for" "$(mock_stats .batch.lines_answered)" 60
equal uploads "$(mock_stats .batch.uploads)" 3
[ "$(mock_stats .batch.batches)" -le 8 ] || fail "$(mock_stats .batch.batches) batches were made"
