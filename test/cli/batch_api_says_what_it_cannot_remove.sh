# A file of a part that cannot be removed is told, and the journal stays as long as it does: the next run is no stranger
# to what it finds.
start_mock --batch-latency 1s
drafts 3 >in
"$GLIMPSE" batch in -o answers --base-url "$URL" --mode api -q 2>err &
job=$!
pids="$pids $job"
until_true grep -q created answers.journal
mkdir answers.part-1.in.tmp
code=0
wait "$job" || code=$?
equal exit "$code" 0
equal records "$(records answers length)" 3
says "answers.part-1.in.tmp: cannot be removed"
[ -s answers.journal ] || fail "the journal is gone"
rmdir answers.part-1.in.tmp
expect 0 "$GLIMPSE" batch in -o answers --base-url "$URL" --mode api -q --resume
[ ! -e answers.journal ] || fail "the journal is left"
equal "batches" "$(mock_stats .batch.batches)" 1
