# A key sent over plain http to another machine is warned about; to this machine it is not.
start_mock
OPENAI_API_KEY=sk-x expect 0 "$GLIMPSE" run --base-url "$URL" hello
equal stderr "$(cat err)" ""
OPENAI_API_KEY=sk-x expect 69 "$GLIMPSE" run --base-url http://0.0.0.0:1/v1 --max-attempts 1 \
    --connect-timeout 50ms --log-level error hello
says warning 'plain http'
for host in localhost foo.localhost '[::1]' '[::ffff:127.0.0.1]' 127.9.9.9 "$(uname -n)"; do
    code=0
    OPENAI_API_KEY=sk-x "$GLIMPSE" run --base-url "http://$host:1/v1" --max-attempts 1 \
        --connect-timeout 50ms --log-level error hello >out 2>err || code=$?
    equal "exit for $host" "$code" 69
    ! grep -q 'plain http' err || fail "$host is another machine: $(cat err)"
done
! grep -q sk-x err || fail "the key is shown"
