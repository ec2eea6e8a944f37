# 200 requests are in flight at once from one thread.
start_mock --latency 400ms
drafts 600 >in
"$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 200 >out 2>err &
job=$!
pids="$pids $job"
until_true test -s records
equal threads "$(find "/proc/$job/task" -mindepth 1 -maxdepth 1 | wc -l)" 1
code=0
wait "$job" || code=$?
equal exit $code 0
equal peak "$(mock_stats .peak_in_flight)" 200
