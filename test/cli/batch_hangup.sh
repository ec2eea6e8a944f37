# SIGHUP, as a terminal that is closed sends it, ends a job as SIGTERM does; under nohup it does not.
start_mock --latency 300ms
drafts 2000 >in
"$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 20 --summary summary >out 2>err &
job=$!
pids="$pids $job"
until_true test -s records
kill -s HUP "$job"
code=0
wait "$job" || code=$?
equal exit "$code" 129
equal "lines done" "$(jq .done summary)" "$(wc -l <records)"
equal unsent "$(jq .unsent summary)" $((2000 - $(wc -l <records)))
equal "exit in the summary" "$(jq .exit summary)" 129

rm records
drafts 40 >in
nohup "$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 20 --summary summary >out 2>err &
job=$!
pids="$pids $job"
until_true test -s records
kill -s HUP "$job"
wait "$job" || fail "exit $? under nohup"
equal "lines done" "$(jq .done summary)" 40
