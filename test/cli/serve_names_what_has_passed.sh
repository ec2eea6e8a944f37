# `serve --notices` gives a stream the thresholds that have passed as comments; without it there are none.
serving() {
    [ -s sport ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

# stream [OPTION...]: the stream of a server with these options, in the file `stream`.
stream() {
    rm -f sport serve.out
    "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --base-url "$URL" --drain 0 \
        --thresholds 1ms,2ms,3ms,4ms "$@" >serve.out 2>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true serving
    curl -s -N -m 20 "http://127.0.0.1:$(cat sport)/v1/chat/completions" \
        -d '{"model":"m","stream":true,"messages":[{"role":"user","content":"one two"}]}' >stream
    kill -s TERM "$SERVE"
    wait "$SERVE" || fail "serve ended with $?: $(cat serve.err)"
}

start_mock --latency 50ms
stream --notices
equal 'comments' "$(grep -c '^: glimpse-notice=t4; elapsed-ms=[0-9]*$' stream)" 1
equal 'first line' "$(sed -n '1s/=.*//p' stream)" ': glimpse-notice'
equal 'done' "$(grep -c '^data: \[DONE\]$' stream)" 1
equal 'late' "$(grep -c '^: glimpse-status=live, stale; ' stream)" 1
stream
equal 'comments without the option' "$(grep -c 'glimpse-notice' stream)" 0
equal 'late without the option' "$(grep -c '^: glimpse-status=live, stale; ' stream)" 1
