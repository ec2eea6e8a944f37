# A failed draft: the essence on stdout, one line with the status on stderr, exit 1.
start_mock --fault 500:100%
expect 1 "$GLIMPSE" run --base-url "$URL" --max-attempts 2 --base-delay 1ms --log-level error \
    --goal summarize 'The quick brown fox jumps over the lazy dog'
one_line
says server_error
grep -q quick out || fail "no words of the draft in the essence"
equal requests "$(mock_stats .requests)" 2
expect 1 "$GLIMPSE" run --base-url "$URL" --max-attempts 1 --fallback off --log-level error hello
equal stdout "$(cat out)" ""
