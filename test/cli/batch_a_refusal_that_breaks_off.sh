# A status that refuses is the answer, though its connection is reset: a 401 stops the job, a 413 is a record,
# a 429 is paced and tried again.
drafts 30 >in
start_mock --refuse 401 --reset-errors
expect 77 timeout 60 "$GLIMPSE" batch in -o records --base-url "$URL"
says "refused the credentials" "Incorrect API key provided (simulated)."
kill "$MOCK"

start_mock --refuse 413:number --reset-errors
expect 1 timeout 60 "$GLIMPSE" batch in -o records --overwrite --base-url "$URL"
equal records "$(records records '[.[] | [.glimpse.status, .error.message, .glimpse.attempts]] | unique | tojson')" \
    '[["bad_request","The request is too large (simulated).",1]]'
equal requests "$(mock_stats .requests)" 30
kill "$MOCK"

start_mock --refuse 429:'number 7"' --reset-errors
expect 1 timeout 60 "$GLIMPSE" batch in -o records --overwrite --base-url "$URL" --max-attempts 2 --base-delay 1ms
equal "of thirty" "$(records records '[.[] | select(.glimpse.status == "aligned")] | length')" 29
equal "the one" "$(records records '[.[] | select(.glimpse.status == "rate_limited") | .glimpse.attempts] | tojson')" '[2]'
