# With --cache-store the second run sends nothing, and where one line in ten has changed, only those.
start_mock
drafts 300 >in
expect 0 "$GLIMPSE" batch in -o first --base-url "$URL" --cache-store answers.db --summary summary
equal "sent at first" "$(mock_stats .requests)" 300
[ -s answers.db ] || fail "no file"
[ ! -e answers.db-wal ] || fail "the log was left behind"
expect 0 "$GLIMPSE" batch in -o second --base-url "$URL" --cache-store answers.db --summary summary
equal "sent by both" "$(mock_stats .requests)" 300
equal "from the cache" "$(jq .by_source.cache summary)" 300
equal "the same answers" \
    "$(records second 'map([.custom_id, .glimpse.sample, .glimpse.essence]) | sort')" \
    "$(records first 'map([.custom_id, .glimpse.sample, .glimpse.essence]) | sort')"
sed '0~10s/text number/another text/' in >changed
expect 0 "$GLIMPSE" batch changed -o third --base-url "$URL" --cache-store answers.db --summary summary
equal "sent by all" "$(mock_stats .requests)" 330
equal "from the cache" "$(jq .by_source.cache summary)" 270
equal "those that changed" "$(records third 'map(select(.glimpse.source == "live")) | length')" 30
records third 'map(select(.glimpse.source == "live") | .glimpse.line % 10) | unique' |
    tr -d '[:space:]' >lines
equal "which" "$(cat lines)" '[0]'
expect 0 "$GLIMPSE" batch in -o fourth --base-url "$URL" --cache-store answers.db --cache-size 0
equal "with no memory cache it is the store that answers" "$(mock_stats .requests)" 330
equal "from the store" "$(records fourth 'map(select(.glimpse.source == "cache")) | length')" 300
head -n 200 fourth >part
drafts 300 e >>in
expect 0 "$GLIMPSE" batch in -o part --resume --base-url "$URL" --cache-store answers.db --cache-size 0
equal "and lines that ask the same share" "$(mock_stats .requests)" 330
