# What is not stored fails with not_cached; nothing reaches the endpoint.
start_mock
expect 1 "$GLIMPSE" run --base-url "$URL" --cache only --json text
equal "code" "$(jq -r .error.code out)" not_cached
equal "attempts" "$(jq .glimpse.attempts out)" 0
says "error: no answer is stored, and nothing was to be sent"
drafts 20 a >in
expect 1 "$GLIMPSE" batch in -o records --base-url "$URL" --cache only --summary summary
equal "requests at the mock" "$(mock_stats .requests)" 0
equal "codes" "$(jq -r .error.code records | sort -u)" not_cached
expect 78 "$GLIMPSE" run --cache never text
