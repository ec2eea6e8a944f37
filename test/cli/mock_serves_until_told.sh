# The mock says where it listens, writes its port, and exits 0 on SIGTERM and SIGINT.
for signal in TERM INT; do
    start_mock
    equal line "$(cat mock.out)" "listening on $URL"
    # A background process of sh ignores SIGINT unless it asks for it, which the mock does.
    kill -s $signal "$MOCK"
    code=0
    wait "$MOCK" || code=$?
    equal "exit after $signal" $code 0
done
