# A gateway prints which endpoint has refused its key: of a pool that goes on, of its only one, and in a log that
# was asked for. No address of the endpoint and no key is in what it prints.
KEY1=sk-canary-of-the-gateway
export KEY1
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}
# serve OPTIONS...: starts a gateway.
serve() {
    rm -f serve.out
    "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --drain 0 "$@" >serve.out 2>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true serving
}
# ask: prints the status of an answer.
ask() {
    curl -s -m 60 -o answer -w '%{http_code}' -H 'Content-Type: application/json' \
        -d '{"model": "m", "messages": [{"role": "user", "content": "a"}]}' \
        "http://127.0.0.1:$(cat sport)/v1/chat/completions"
}
ends() {
    kill -s TERM "$SERVE"
    wait "$SERVE" || fail "serve ended with $?"
    if grep -qF -e $KEY1 -e ":$(cat refused)" serve.err; then fail "a secret is shown: $(cat serve.err)"; fi
}

start_mock
mv port well
start_mock --require-key OTHER
mv port refused
one() { # name, file of the port
    printf '{"name": "%s", "base_url": "http://127.0.0.1:%s/v1", "api_key_env": "KEY1", "group": "%s"}' \
        "$1" "$(cat "$2")" "$1"
}
printf '{"endpoints": [%s, %s]}' "$(one first refused)" "$(one second well)" >endpoints.json

serve --endpoints endpoints.json
equal status "$(ask)" 200
ends
equal lines "$(grep -c 'the endpoint first is left out (HTTP 401): its key is refused' serve.err)" 1

serve --endpoints endpoints.json --log-level info
equal status "$(ask)" 200
ends
equal lines "$(grep -c 'ERROR key_stopped .*http_status=401.* endpoint=first' serve.err)" 1

OPENAI_API_KEY=$KEY1
export OPENAI_API_KEY
serve --base-url "http://127.0.0.1:$(cat refused)/v1"
equal status "$(ask)" 424
ends
equal lines "$(grep -c 'the endpoint is left out (HTTP 401): its key is refused' serve.err)" 1
