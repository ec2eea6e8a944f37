# Failed records stand until --retry-failed; cancelled ones never do; bad lines are judged anew.
start_mock --fault 500:30% --seed 5
{ drafts 60; echo '{"custom_id":"bad"'; } >in
expect 1 "$GLIMPSE" batch in -o out.jsonl --base-url "$URL" --max-attempts 1 --log-level error
failed=$(records out.jsonl '[.[] | select(.glimpse.status == "server_error")] | length')
[ "$failed" -gt 5 ] || fail "only $failed failed"
expect 1 "$GLIMPSE" batch in -o out.jsonl --resume --base-url "$URL" --summary summary
equal "failed ones stand" "$(mock_stats .requests)" 60
equal summary "$(jq -c '[.done,.resumed,.by_status.server_error,.by_status.bad_request,.exit]' summary)" \
    "[61,61,$failed,1,1]"
kill "$MOCK"
start_mock
sed 's/"bad"/"bad","input_text":"good now"}/' in >in2
expect 0 "$GLIMPSE" batch in2 -o out.jsonl --resume --retry-failed --base-url "$URL"
equal "they are asked again, and the line that is good now" "$(mock_stats .requests)" \
    $((failed + 1))
equal records "$(records out.jsonl '[.[] | select(.error == null) | .custom_id] | unique | length')" 61
equal lines "$(wc -l <out.jsonl)" 61

# A cancelled request is not done.
jq -c 'if .custom_id == "d7" then .error = {code:"cancelled",message:"x"} | .glimpse.status = "cancelled"
    else . end' out.jsonl >cancelled && mv cancelled out.jsonl
expect 0 "$GLIMPSE" batch in2 -o out.jsonl --resume --base-url "$URL"
equal "one more" "$(mock_stats .requests)" $((failed + 2))
equal lines "$(wc -l <out.jsonl)" 61
