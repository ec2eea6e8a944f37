# Events go where --log-file and --log-format say, one line each.
start_mock --fault 500:50% --seed 5
drafts 20 >in
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --base-delay 1ms --max-attempts 50 \
    --log-level info --log-format json --log-file events --quiet
equal stderr "$(cat err)" ""
grep -q openai_error_retry events || fail "no retry in the log"
equal "retries logged" "$(records events '[.[] | select(.event == "openai_error_retry")] | length')" \
    $(($(records records '[.[].glimpse.attempts] | add') - 20))
