# Late validation failures, lines left undone or failed, a file not found at first, and calls that
# are refused, reset or cut: every line is answered, and paid for once.
start_mock --batch-latency 50ms --batch-fault expire:30%,fail:10%,invalid:1,not-found:2 \
    --fault 429:5%,500:5%,503:5%,reset:10%,truncate:5%,malformed:5% --seed 5
drafts 60 >in
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --mode api --batch-requests 20 \
    --base-delay 10ms --max-attempts 20 --seed 9
equal records "$(records records '[.[].custom_id] | unique | length')" 60
equal "lines paid for" "$(mock_stats .batch.lines_answered)" 60
equal "different lines" "$(mock_stats .batch.lines_distinct)" 60
[ "$(mock_stats .batch.lines_spoilt)" -gt 0 ] || fail "nothing was left undone"
[ "$(mock_stats .batch.by_state.failed)" = 1 ] || fail "no batch failed"
