# With --cache-store, batches fill the store and are asked only for what it does not have.
start_mock --batch-latency 50ms
drafts 60 >in
expect 0 "$GLIMPSE" batch in -o first --base-url "$URL" --mode api --cache-store answers.db
equal "asked at first" "$(mock_stats .batch.lines_answered)" 60
sent=$(mock_stats .requests)
expect 0 "$GLIMPSE" batch in -o second --base-url "$URL" --mode api --cache-store answers.db \
    --summary summary
equal "asked by both" "$(mock_stats .batch.lines_answered)" 60
equal batches "$(mock_stats .batch.batches)" 1
equal uploads "$(mock_stats .batch.uploads)" 1
equal "requests of any kind" "$(mock_stats .requests)" "$sent"
equal "from the cache" "$(jq .by_source.cache summary)" 60
equal attempts "$(jq .attempts summary)" 0
sed '0~10s/text number/another text/' in >changed
expect 0 "$GLIMPSE" batch changed -o third --base-url "$URL" --mode api --cache-store answers.db
equal "asked by all" "$(mock_stats .batch.lines_answered)" 66
# What batches have answered serves a run online.
expect 0 "$GLIMPSE" batch changed -o online --base-url "$URL" --cache-store answers.db \
    --summary summary
equal "from the cache, online" "$(jq .by_source.cache summary)" 60
