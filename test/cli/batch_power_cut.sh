# A power cut takes what was written and not yet synced. --fsync says how much that may be: nothing
# older than its time; with `always`, what one turn of the loop has written. What is left is resumed.
LINES=120
start_mock --latency 40ms
drafts $LINES >in

# cut_off POLICY: a run is killed after its first sync, if it makes any, and its output cut to what was synced.
cut_off() {
    rm -f log out.jsonl
    before=$(mock_stats .requests)
    LD_PRELOAD=$FAULT_SHIM FAULT_LOG=log "$GLIMPSE" batch in -o out.jsonl --fsync "$1" \
        --base-url "$URL" --concurrency 4 --cache-size 0 >out 2>err &
    job=$!
    pids="$pids $job"
    begun() { [ "$(grep -c write log)" -ge $((LINES / 8)) ] && { [ "$1" = never ] || grep -q sync log; }; }
    until_true begun "$1"
    kill -9 "$job"
    wait "$job" || :
    written=$(wc -l <out.jsonl)
    synced=$(awk '$1 == "sync" { n = $3 } END { print n + 0 }' log)
    # Somewhere within the first record that was not synced: a cut does not fall between lines.
    head -c $((synced + 50)) out.jsonl >cut.jsonl
    left=$(awk 'END { print NR }' cut.jsonl)
    [ "$synced" = "$(wc -c <out.jsonl)" ] || left=$((left - 1))
    mv cut.jsonl out.jsonl
}

resume() {
    expect 0 "$GLIMPSE" batch in -o out.jsonl --resume --base-url "$URL" --concurrency 4
    equal records "$(records out.jsonl '[.[].custom_id] | unique | length')" $LINES
    equal lines "$(wc -l <out.jsonl)" $LINES
    sent=$(($(mock_stats .requests) - before))
    [ "$sent" -le $((LINES + written - left + 4)) ] ||
        fail "$sent sent; $written were written, $left were left, 4 in flight"
}

cut_off always
[ $((written - left)) -le 4 ] || fail "always lost $((written - left)) records"
equal "a sync for each write" "$(awk '$1 == "write" { w++ } $1 == "sync" && w { w = 0 } w > 1' log)" ""
resume

# Once the oldest write that no sync has followed is as old as the time asked for, what the turn of the loop under way
# has may still be written before the sync, 4 answers at most: as many on a slow machine as on a fast one.
cut_off 200ms
late=$(awk '$1 == "write" && !first { first = $2 }
    $1 == "write" && $2 - first > 200 { n++; if (n > most) most = n }
    $1 == "sync" { first = n = 0 }
    END { print most + 0 }' log)
[ "$late" -le 4 ] || fail "$late writes went before a sync that was due"
grep -q sync log || fail "nothing was synced"
resume

cut_off never
! grep -q sync log || fail "never synced, and it did"
equal "all is lost" "$left" 0
resume

for bad in soon -1 1x; do
    expect 78 "$GLIMPSE" batch in -o new.jsonl --fsync $bad --sampler local
    says --fsync
done
