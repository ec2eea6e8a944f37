# SIGINT once: what is in flight finishes, the rest is left unsent and counted, exit 130.
start_mock --latency 300ms
drafts 2000 >in
for signal in INT:130 TERM:143; do
    "$GLIMPSE" batch in -o records --overwrite --base-url "$URL" --concurrency 20 --summary summary \
        >out 2>err &
    job=$!
    pids="$pids $job"
    until_true test -s records
    kill -s "${signal%:*}" "$job"
    code=0
    wait "$job" || code=$?
    equal exit "$code" "${signal#*:}"
    n=$(wc -l <records)
    [ "$n" -lt 2000 ] || fail "nothing was left"
    equal "lines done" "$(jq .done summary)" "$n"
    equal lines "$(jq .lines summary)" 2000
    equal unsent "$(jq .unsent summary)" $((2000 - n))
    equal "exit in the summary" "$(jq .exit summary)" "${signal#*:}"
    equal statuses "$(records records '[.[].glimpse.status] | unique | join(",")')" aligned
    rm -f records
done
