# 120,000 lines through the Batch API. The first run is killed (-9) when half of the records are
# there, --resume does the rest: three batches, and each line is paid for once.
. "$(dirname "$script")/figures.sh"
start_mock --batch-latency 3s
awk 'BEGIN { for (i = 1; i <= 120000; i++) printf "{\"custom_id\":\"line-%d\",\"input_text\":" \
    "\"Text number %d, of which nobody has heard before.\"}\n", i, i }' >in.jsonl
written() { if [ -f out.jsonl ]; then wc -l <out.jsonl; else echo 0; fi; }

start=$(date +%s.%N)
"$GLIMPSE" batch in.jsonl -o out.jsonl --base-url "$URL" --mode api 2>err &
job=$!
pids="$pids $job"
while [ "$(written)" -lt 60000 ]; do
    kill -0 "$job" || fail "it ended before it was killed"
    sleep 0.01
done
kill -KILL "$job"
wait "$job" || :
note "records when it was killed" "$(written)"
code=0
"$GLIMPSE" batch in.jsonl -o out.jsonl --base-url "$URL" --mode api --resume --summary summary \
    >out 2>err || code=$?
end=$(date +%s.%N)
figure "exit code of the second run" "$code" == 0
figure "batches at the mock" "$(mock_stats .batch.batches)" == 3
figure "files uploaded" "$(mock_stats .batch.uploads)" == 3
figure "lines paid for" "$(mock_stats .batch.lines_answered)" == 120000
figure "different lines among them" "$(mock_stats .batch.lines_distinct)" == 120000
figure "records" "$(written)" == 120000
figure "different custom_ids in them" "$(jq -r .custom_id out.jsonl | sort -u | wc -l)" == 120000
figure "most memory of the second run, MB" "$(jq '.max_rss_bytes / 1e6 | floor' summary)" '<=' 100
note "seconds, both runs" "$(awk -v a="$start" -v b="$end" 'BEGIN { printf "%.1f", b - a }')"
note "seconds, the second run" "$(jq '.elapsed_s * 10 | round / 10' summary)"
verdict
