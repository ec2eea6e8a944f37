# `serve` says where it serves once the port is in its file, answers, and ends with exit 0 after SIGTERM
# and SIGINT; a second signal ends it at once.
serving() {
    [ -s sport ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

start_serve() {
    rm -f sport serve.out
    "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --base-url "$URL" "$@" >serve.out 2>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true serving
}

status() { curl -s -m 20 -o answer -w '%{http_code}' "$@"; }

start_mock
for signal in TERM INT; do
    start_serve --drain 0
    equal line "$(cat serve.out)" "serving http://127.0.0.1:$(cat sport)/v1"
    equal status "$(status "http://127.0.0.1:$(cat sport)/v1/chat/completions" \
        -d '{"model":"m","messages":[{"role":"user","content":"hello"}]}')" 200
    equal content "$(jq -r '.choices[0].message.content' answer)" hello
    kill -s $signal "$SERVE"
    code=0
    wait "$SERVE" || code=$?
    equal "exit after $signal" $code 0
    equal said "$(cat serve.err)" ''
done

# While it drains it still accepts, and says so where it is asked; the second signal cuts it short.
start_serve
kill -s TERM "$SERVE"
draining() { [ "$(status "http://127.0.0.1:$(cat sport)/readyz")" = 503 ]; }
until_true draining
equal healthz "$(status "http://127.0.0.1:$(cat sport)/healthz")" 200
# One that follows within 50 ms counts as the same.
ended() { ! kill -s TERM "$SERVE" 2>/dev/null || grep -q '^State:.Z' "/proc/$SERVE/status"; }
until_true ended
code=0
wait "$SERVE" || code=$?
equal 'exit after the second' $code 143

# A unix socket: replaced when it is left over, removed at the end.
for round in 1 2; do
    rm -f serve.out
    "$GLIMPSE" serve --listen "unix:$PWD/sock" --base-url "$URL" --drain 0 >serve.out 2>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true test -s serve.out
    equal line "$(cat serve.out)" "serving unix:$PWD/sock"
    equal status "$(status --unix-socket sock http://localhost/v1/models)" 200
    # A Host is nobody's there, but a page from elsewhere may come through a proxy.
    equal 'another host' "$(status --unix-socket sock http://x/v1/models)" 200
    equal 'a probe' "$(status --unix-socket sock http://x/healthz)" 200
    equal 'the page' "$(status --unix-socket sock http://x/)" 403
    equal 'a page elsewhere' "$(status --unix-socket sock -H 'Origin: https://x' http://x/v1/models)" 403
    expect 71 "$GLIMPSE" serve --listen "unix:$PWD/sock" --base-url "$URL"
    says 'Address already in use'
    kill -s KILL "$SERVE"
    wait "$SERVE" || :
    [ -S sock ] || fail 'the socket is gone'
done
