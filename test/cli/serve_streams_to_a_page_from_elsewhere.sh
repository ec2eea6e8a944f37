# docs/examples/chat.html, served from another origin, streams an answer of `serve --cors` in Chromium, piece by
# piece; without --cors the browser shows it nothing.
needs chromium
needs node
needs python3
root=${script%/test/cli/*}
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}
start_serve() {
    rm -f sport serve.out
    "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --base-url "$URL" --drain 0 "$@" >serve.out 2>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true serving
}
mkdir pages
cp "$root/docs/examples/chat.html" pages
python3 -u -m http.server 0 --bind 127.0.0.1 --directory pages >pages.out 2>&1 &
pids="$pids $!"
until_true grep -q 'port' pages.out
ORIGIN=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' pages.out | head -1)

start_mock --token-rate 200
start_serve --cors "$ORIGIN"
expect 0 node "$root/test/page/chat.js" "$ORIGIN/chat.html" "http://127.0.0.1:$(cat sport)/v1"
jq -e '(.answer | contains("one two three four five six")) and (.steps | length > 2) and .wide <= 390 and .said == [] and
    (.told | test("^request glimpse-[0-9a-f]{16}-[0-9]+$"))' out >/dev/null || fail "$(cat out)"
kill -s TERM "$SERVE"
wait "$SERVE" || fail "exit $?"

start_serve
expect 0 node "$root/test/page/chat.js" "$ORIGIN/chat.html" "http://127.0.0.1:$(cat sport)/v1"
jq -e '.answer == "" and (.told | startswith("no answer"))' out >/dev/null || fail "$(cat out)"
