# What was answered once is not asked again.
start_mock
{ drafts 500 a; drafts 500 b; } >in
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 8 --summary summary
cached=$(jq .by_source.cache summary)
[ "$cached" -ge 490 ] || fail "only $cached from the cache"
equal "asked and cached" $(($(mock_stats .requests) + cached)) 1000
expect 0 "$GLIMPSE" batch in -o fresh --base-url "$URL" --cache-size 0 --summary summary
equal "cached without a cache" "$(jq .by_source.cache summary)" 0
