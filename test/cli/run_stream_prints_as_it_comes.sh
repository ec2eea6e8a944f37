# The text is on stdout while the rest of it is still to come, and in the end the same as without.
start_mock --latency 10ms --token-rate 10
export OPENAI_BASE_URL="$URL"
text='One two three four five six seven eight. Nine.'
"$GLIMPSE" run "$text" >plain 2>err || fail "run without a stream"
"$GLIMPSE" run --stream "$text" >out 2>err &
run=$!
pids="$pids $run"
until_true test -s out
kill -0 $run || fail "it was over before anything was seen"
! cmp -s out plain || fail "all of it came at once"
wait $run || fail "exit $?"
cmp out plain || fail "the stream is not the answer"
equal "line ends" "$(tail -c 1 out | od -An -c | tr -d ' ')" '\n'

# With --json the record, and nothing else.
expect 0 "$GLIMPSE" run --stream --json "$text" --model other
equal lines "$(wc -l <out)" 1
equal object "$(jq -r .response.body.object out)" chat.completion
equal sample "$(jq -r .glimpse.sample out)" "$(cat plain)"
equal usage "$(jq '.glimpse.usage.total_tokens > 0' out)" true
