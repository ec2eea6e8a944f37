# A part that has no room at the endpoint though it is the only one there is halved until it has,
# and a line that has none by itself gets a record that says so. Killed on the way, nothing is paid
# for twice.
start_mock --batch-latency 50ms --enqueued-tokens 5000
drafts 60 >in
expect 0 timeout 60 "$GLIMPSE" batch in -o records --base-url "$URL" --mode api
says halved --batch-requests
equal records "$(records records '[.[].custom_id] | unique | length')" 60
equal "lines paid for" "$(mock_stats .batch.lines_answered)" 60
for left in records.*; do [ ! -e "$left" ] || fail "$left is left"; done
kill "$MOCK"

start_mock --batch-latency 50ms --enqueued-tokens 600
awk 'BEGIN { while (i++ < 3000) s = s " word"; printf "{\"custom_id\":\"long\",\"input_text\":\"%s\"}\n", s }' >long
drafts 4 >>long
expect 1 timeout 60 "$GLIMPSE" batch long -o mixed --base-url "$URL" --mode api --max-attempts 2
equal "the long line" "$(records mixed '.[] | select(.custom_id == "long") | .error.code')" \
    token_limit_exceeded
equal "the others" "$(records mixed 'map(select(.glimpse.status == "aligned")) | length')" 4
grep -q -e --batch-requests mixed || fail "the record does not name --batch-requests"
kill "$MOCK"

# The worst instant: the part is given up, one half is planned and the other is not.
start_mock --latency 200ms --batch-latency 50ms --enqueued-tokens 5000
"$GLIMPSE" batch in -o killed --base-url "$URL" --mode api >out 2>err &
pid=$!
until_true test -s killed.part-1.in
until_true grep -q '"uploaded"' killed.journal
cp killed.part-1.in kept
until_true grep -q '"split"' killed.journal
kill -KILL "$pid"
wait "$pid" 2>/dev/null || :
! grep -q '"part":[23],"step":"creating"' killed.journal || fail "the half was made too soon"
sed '/"part":2,"step":"planned"/q' killed.journal >cut
cp cut killed.journal
cp kept killed.part-1.in
rm -f killed.part-3.in
expect 0 timeout 60 "$GLIMPSE" batch in -o killed --base-url "$URL" --mode api --resume
equal records "$(records killed '[.[].custom_id] | length')" 60
equal distinct "$(records killed '[.[].custom_id] | unique | length')" 60
equal "lines paid for" "$(mock_stats .batch.lines_answered)" 60
