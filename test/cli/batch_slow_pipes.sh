# A slow writer is waited for without holding up answers; a slow reader loses nothing.
start_mock --latency 10ms
mkfifo slow
"$GLIMPSE" batch - -o records --base-url "$URL" <slow >out 2>err &
job=$!
pids="$pids $job"
exec 3>slow
printf '{"custom_id":"first","input_text":"a"}\n{"custom_id":"cut' >&3
first_is_there() { [ "$(wc -l <records)" = 1 ]; }
until_true first_is_there
printf ' in two","input_text":"b"}\n' >&3
exec 3>&-
code=0
wait "$job" || code=$?
equal exit $code 0
equal ids "$(records records '[.[].custom_id] | join(",")')" "first,cut in two"
drafts 3000 >in
"$GLIMPSE" batch in -o - --sampler local 2>err | { sleep 1; cat; } >late
equal records "$(records late 'length')" 3000
