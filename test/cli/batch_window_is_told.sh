# An endpoint that takes few: the window's changes are events, and the summary has its mean and least.
start_mock --capacity 4 --queue 1 --latency 20ms
drafts 300 >in
code=0
"$GLIMPSE" batch in -o records --base-url "$URL" --base-delay 20ms --max-attempts 50 --concurrency 64 \
    --summary summary --log-level info --log-format json --log-file events --quiet 2>err || code=$?
equal "exit code" $code 0
equal "the first change" \
    "$(records events '[.[] | select(.event == "window_changed")][0] | [.from, .reason, .http_status] | @csv')" \
    '"64","refused",503'
equal "from half or twice, to half or twice, or whole again" "$(records events '[.[] | select(.event == "window_changed")
    | (.from | tonumber) as $a | (.to | tonumber) as $b | $b <= $a / 2 * 1.01 or $b >= $a * 2 * 0.99 or $b == 64] | all')" true
equal "mean and least" "$(jq '.window | .least >= 1 and .least < 32 and .mean > .least and .mean < 64' summary)" true

# Nothing is refused: nothing is told.
rm -f events
start_mock
expect 0 "$GLIMPSE" batch in -o all --base-url "$URL" --concurrency 64 --summary summary --log-level info \
    --log-format json --log-file events --quiet
equal "the whole window" "$(jq -c .window summary)" '{"mean":64,"least":64}'
! grep -q window_changed events || fail "a change of the window is told, and there was none"
