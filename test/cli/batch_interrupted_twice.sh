# A second signal ends it at once; the file holds whole lines.
drafts 300 >in
start_mock --fault hang:30% --latency 20ms
"$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 50 \
    --summary summary >out 2>err &
job=$!
pids="$pids $job"
until_true test -s records
kill "$job"
until_true grep -q stopping err
again() { kill "$job" && false || ! kill -0 "$job"; } # two signals within 50 ms count as one
until_true again
code=0
wait "$job" || code=$?
equal exit "$code" 143
n=$(records records length)
# After the grace of the first one, what was in flight has a record.
equal "waited for" "$(records records '[.[] | select(.glimpse.status == "cancelled")] | length')" 0
equal "whole lines" "$(wc -l <records)" "$n"
equal "summary" "$(jq -c '[.done,.lines,.exit]' summary)" "[$n,300,143]"
