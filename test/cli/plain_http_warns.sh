# A key sent over plain http to another machine is warned about; to this machine it is not.
start_mock
OPENAI_API_KEY=sk-x expect 0 "$GLIMPSE" run --base-url "$URL" hello
equal stderr "$(cat err)" ""
OPENAI_API_KEY=sk-x expect 69 "$GLIMPSE" run --base-url http://0.0.0.0:1/v1 --max-attempts 1 \
    --connect-timeout 50ms --log-level error hello
says warning 'plain http'
! grep -q sk-x err || fail "the key is shown"
