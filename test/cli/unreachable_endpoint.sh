# Where not one connection succeeds, run and batch exit 69; the records say connect.
start_mock
kill "$MOCK"
wait "$MOCK" || :
expect 69 "$GLIMPSE" run --base-url "$URL" --max-attempts 2 --base-delay 1ms --log-level error hello
says "$URL could not be reached: " onnect
drafts 5 >in
expect 69 "$GLIMPSE" batch in -o records --base-url "$URL" --max-attempts 2 --base-delay 1ms \
    --log-level error --summary summary
equal codes "$(records records '[.[].error.code] | unique | join(",")')" connect
equal attempts "$(records records '[.[].glimpse.attempts] | add')" 0
equal exit "$(jq .exit summary)" 69

# Said in sentences, with the address and the reason, unless somebody asks for the log.
drafts 40 >many
expect 69 "$GLIMPSE" batch many -o none -q --base-url "$URL" --base-delay 1ms
says "$URL could not be reached: not one connection succeeded" onnect
! grep -v '^glimpse: ' err || fail "a raw line of the log"
expect 69 "$GLIMPSE" run hello --base-url "$URL" --base-delay 1ms
! grep -v '^glimpse: ' err || fail "a raw line of the log"
expect 69 env GLIMPSE_LOG=warn "$GLIMPSE" batch many -o none --overwrite -q --base-url "$URL" --base-delay 1ms
grep -q 'WARN circuit_opened' err || fail "the log that was asked for is not there"
