# What does not finish within 5 s of SIGTERM is cancelled, and its record says so.
start_mock --fault hang:100%
drafts 50 >in
"$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 10 --summary summary >out 2>err &
job=$!
pids="$pids $job"
asked() { [ "$(mock_stats .requests)" = 10 ]; }
until_true asked
kill "$job"
code=0
wait "$job" || code=$?
equal exit "$code" 143
equal records "$(records records 'map(.glimpse.status + "," + .error.code) | unique | join(" ")')" \
    cancelled,cancelled
equal counts "$(jq -c '[.done, .unsent, .by_status.cancelled]' summary)" "[10,40,10]"
