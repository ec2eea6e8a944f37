# On a disk that fills up the summary counts the records that are in the file, by status too, and no others.
start_mock --latency 5ms
drafts 60 >in
for plan in write:1:28 write:4:28 short:5:28; do
    for how in '' --ordered; do
        rm -f out.jsonl out.jsonl.ahead
        code=0
        LD_PRELOAD=$FAULT_SHIM FAULT_IO=$plan "$GLIMPSE" batch in -o out.jsonl --summary sum -q --concurrency 4 \
            --base-url "$URL" $how 2>err || code=$?
        equal "$plan $how" "$code" 74
        says "cannot write: No space left on device"
        whole=$(cat out.jsonl 2>none | grep -c '}}$' || :) # one without a record goes
        equal "done with $plan $how" "$(jq .done sum)" "$whole"
        equal "by status" "$(jq '[.by_status[]] | add // 0' sum)" "$whole"
        equal "all lines" "$(jq '.done + .unsent' sum)" 60
    done
done
