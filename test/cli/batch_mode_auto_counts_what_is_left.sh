# --mode auto goes by the lines that are still to be asked: not those that have a record, and not
# those that the store answers.
start_mock --batch-latency 50ms
drafts 1500 >in
expect 0 "$GLIMPSE" batch in -o whole --base-url "$URL" --cache-store answers.db --quiet
head -n 700 whole >some
cp some rest
expect 0 "$GLIMPSE" batch in -o some --base-url "$URL" --mode auto --resume --summary summary
says '--mode auto: online: fewer than 1000 lines are left to ask: 800'
equal batches "$(mock_stats .batch.batches)" 0
equal records "$(records some '[.[].custom_id] | unique | length')" 1500
equal "hits told" "$(jq .cache.hits summary)" 0

sed 's/"text/"other text/' in | head -n 900 >new
cat in new | awk '{ sub(/"d[0-9]*"/, "\"n" NR "\""); print }' >both
expect 0 "$GLIMPSE" batch both -o stored --base-url "$URL" --mode auto --cache-store answers.db
says '--mode auto: online: fewer than 1000 lines are left to ask: 900'
equal batches "$(mock_stats .batch.batches)" 0

sed 's/"text/"third text/' in | head -n 1200 >more
head -n 200 in | cat - more | awk '{ sub(/"d[0-9]*"/, "\"n" NR "\""); print }' >mixed
expect 0 "$GLIMPSE" batch mixed -o enough --base-url "$URL" --mode auto --cache-store answers.db
says '--mode auto: api'
equal "lines asked" "$(mock_stats .batch.lines_answered)" 1200
equal records "$(records enough length)" 1400
