# Small jobs, short deadlines and what batches cannot have go online, large ones through batches.
start_mock --batch-latency 50ms
drafts 20 >small
drafts 1000 >large
expect 0 "$GLIMPSE" batch small -o a --base-url "$URL" --mode auto
says 'online: fewer than 1000 lines'
equal batches "$(mock_stats .batch.batches)" 0
expect 0 "$GLIMPSE" batch large -o b --base-url "$URL" --mode auto --job-deadline 1h
says 'online: --job-deadline'
equal batches "$(mock_stats .batch.batches)" 0
expect 0 "$GLIMPSE" batch large -o c --base-url "$URL" --mode auto --ordered
says 'online: --ordered'
expect 0 "$GLIMPSE" batch large -o d --base-url "$URL" --mode auto --job-deadline 25h
says '--mode auto: api'
equal batches "$(mock_stats .batch.batches)" 1
equal records "$(records d 'length')" 1000
cat large | expect 0 "$GLIMPSE" batch - -o e --base-url "$URL" --mode api
equal "records of a pipe" "$(records e 'length')" 1000
