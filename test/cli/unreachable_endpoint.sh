# Where not one connection succeeds, run and batch exit 69; the records say connect.
start_mock
kill "$MOCK"
wait "$MOCK" || :
expect 69 "$GLIMPSE" run --base-url "$URL" --max-attempts 2 --base-delay 1ms --log-level error hello
says error
drafts 5 >in
expect 69 "$GLIMPSE" batch in -o records --base-url "$URL" --max-attempts 2 --base-delay 1ms \
    --log-level error --summary summary
equal codes "$(records records '[.[].error.code] | unique | join(",")')" connect
equal attempts "$(records records '[.[].glimpse.attempts] | add')" 0
equal exit "$(jq .exit summary)" 69
