# A batch whose endpoint fails waits for it, and says so where standard error is no terminal; its log
# has each failed probe. Lines with a deadline end by it, all that wait together.
start_mock --outage 0-1000s
drafts 60 >in
"$GLIMPSE" batch in -o waiting --base-url "$URL" --concurrency 20 -q \
    --log-level info --log-file log >out 2>err &
job=$!
pids="$pids $job"
until_true grep -q 'circuit_probe_failed.*probes=2' log
until_true grep -q 'waiting; ' err
kill -INT "$job"
code=0
wait "$job" || code=$?
equal "exit: it did not end by itself" "$code" 130
says "the endpoint has been failing for 5 s (HTTP 503); waiting; " "stop with Ctrl-C or --job-deadline"

drafts 600 >in
expect 1 timeout 100 "$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 200 \
    --deadline 1s --summary summary
equal "each line has its record" "$(wc -l <records)" 600
# One whose next wait would outlast its deadline ends by what it met last.
equal codes "$(records records '[.[].error.code] - ["server_is_overloaded"] | unique | join(",")')" deadline
# 600 deadlines one after the other would be ten minutes.
kill "$MOCK"

# What is cut behind a 200 was generated, so it costs its attempt also as a probe, and the job ends.
start_mock --token-rate 0 --fault truncate:100%
awk 'BEGIN { for (i = 1; i <= 11; i++) printf "{\"custom_id\":\"d%d\",\"body\":{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"One two three four %d\"}]}}\n", i, i }' >cut
expect 1 timeout 60 "$GLIMPSE" batch cut -o cut.out --base-url "$URL" --concurrency 11 --max-attempts 2 \
    --base-delay 1ms
equal codes "$(records cut.out '[.[].error.code] | unique | join(",")')" stream_truncated
equal attempts "$(records cut.out '[.[].glimpse.attempts] | unique | join(",")')" 2
equal requests "$(mock_stats .requests)" 22 # two of them probes
