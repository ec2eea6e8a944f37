# Two processes on one output: the second names the first and exits 75, whichever way it came.
start_mock --latency 20s
drafts 3 >in
"$GLIMPSE" batch in -o out.jsonl --base-url "$URL" >first.out 2>first.err &
job=$!
pids="$pids $job"
until_true test -e out.jsonl
requests() { [ "$(mock_stats .requests)" = 3 ]; }
until_true requests
for how in '' --resume --overwrite; do # it has no record yet, so the lock is what refuses
    expect 75 "$GLIMPSE" batch in -o out.jsonl $how --base-url "$URL"
    one_line
    says "process $job is writing it"
done
equal "nothing was sent twice" "$(mock_stats .requests)" 3
kill -9 "$job"
wait "$job" || :
kill "$MOCK"
start_mock
# The lock went with its owner; a run that resumed holds it on the file it put there.
expect 0 "$GLIMPSE" batch in -o out.jsonl --resume --base-url "$URL"
kill "$MOCK"
start_mock --latency 20s
{ cat in && drafts 1 e; } >in2
"$GLIMPSE" batch in2 -o out.jsonl --resume --base-url "$URL" --cache-size 0 >first.out 2>first.err &
job=$!
pids="$pids $job"
requests() { [ "$(mock_stats .requests)" = 1 ]; }
until_true requests
expect 75 "$GLIMPSE" batch in2 -o out.jsonl --resume --base-url "$URL"
says "process $job is writing it"
equal "records are as they were" "$(wc -l <out.jsonl)" 3
