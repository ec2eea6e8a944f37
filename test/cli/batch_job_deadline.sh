# --job-deadline stops the job: exit 69, the rest unsent.
start_mock --latency 200ms
drafts 1000 >in
expect 69 "$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 10 --job-deadline 500ms \
    --summary summary
says --job-deadline
[ "$(jq .unsent summary)" -gt 900 ] || fail "not stopped"
equal lines "$(jq .lines summary)" 1000
equal "lines done" "$(jq .done summary)" "$(wc -l <records)"
