# SIGINT is 130 at once; the batches go on at the endpoint, nothing but --resume goes on without
# being told, and the next run takes the answers of the same batches.
start_mock --batch-latency 1s
drafts 30 >in
"$GLIMPSE" batch in -o records --base-url "$URL" --mode api --batch-requests 15 >out 2>err &
pid=$!
pids="$pids $pid"
until_true grep -q 'part 2: validating' err
until_true grep -q 'part 1: validating' err
kill -INT "$pid"
code=0
wait "$pid" || code=$?
equal code "$code" 130
says '2 batches go on' --resume
expect 73 "$GLIMPSE" batch in -o records --base-url "$URL" --overwrite
says records.journal
expect 73 "$GLIMPSE" batch in -o records --base-url "$URL" --resume
says '--mode api --resume'
expect 78 "$GLIMPSE" batch in -o records --base-url "$URL/elsewhere" --mode api --resume
says 'another base URL'
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --mode api --resume
equal records "$(records records '[.[].custom_id] | unique | length')" 30
equal batches "$(mock_stats .batch.batches)" 2
equal "lines paid for" "$(mock_stats .batch.lines_answered)" 30
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --mode api --resume
equal "batches of a job that is done" "$(mock_stats .batch.batches)" 2
