# A line that is edited in place while its batch works does not get the old question's answer: 74, and neither the
# output nor the store holds one. What did not change is answered by the next run from what came down.
start_mock --batch-latency 1s
for i in 1 2 3; do printf '{"custom_id":"%s","input_text":"the capital of country %s"}\n' $i $i; done >in
"$GLIMPSE" batch in -o answers --base-url "$URL" --mode api -q --cache-store store 2>err &
job=$!
until_true grep -q created answers.journal
printf '{"custom_id":"1","input_text":"the capital of country X"}\n' | dd of=in conv=notrunc 2>dd.err
code=0
wait $job || code=$?
equal exit "$code" 74
says "line 1 is not what it was"
[ -s answers.journal ] || fail "the journal is gone"
grep -q "\"custom_id\":\"1\"" answers && fail "the old answer was written"
expect 0 "$GLIMPSE" batch in -o answers --base-url "$URL" --mode api -q --resume --cache-store store
equal "batches" "$(mock_stats .batch.batches)" 2
equal "lines paid for" "$(mock_stats .batch.lines_answered)" 4
"$GLIMPSE" batch in -o fresh --base-url "$URL" -q
for file in answers fresh; do records "$file" 'map({(.custom_id): .glimpse.sample}) | add | to_entries | sort_by(.key)' >"$file.samples"; done
cmp answers.samples fresh.samples || fail "an answer is another question's"
