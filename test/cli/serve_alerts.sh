# Alerts of `serve` are about what its callers get: a key of its own that is refused is an alert of the error rate,
# with --alert-command; and a reload that was refused is one, over when the file is in order.
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}
start_serve() {
    rm -f serve.out sport
    "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --base-url "$URL" --drain 0 --alert-window 1s --alert-hold 50ms \
        --alert-command 'cat >>alerts; env | grep ^GLIMPSE_ALERT_ >>variables' "$@" >serve.out 2>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true serving
    HERE=http://127.0.0.1:$(cat sport)
}
tells() { grep -qF -e "$1" alerts; }
# failing STATUS: 40 requests end with it.
failing() {
    for n in $(seq 40); do
        equal "request $n" "$(curl -s -m 20 -o answer -w '%{http_code}' "$HERE/v1/chat/completions" \
            -d "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"canary $n\"}]}")" "$1"
    done
}
fires() {
    failing "$1" || return 1
    tells '"alert":"error_rate","state":"firing","severity":"critical"'
}

# All callers get 424.
start_mock --refuse 401
start_serve
until_true fires 424
kill -s TERM "$SERVE"
wait "$SERVE" || :
grep -q 'ALERT (critical): error_rate is' serve.err || fail 'the alert is not on standard error'

# A reload.
start_mock
expect 0 "$GLIMPSE" serve --new-key web
sed -n 2p out | jq -s '{keys: .}' >keys.json
rm -f alerts variables
start_serve --keys keys.json
cp keys.json good.json
echo '{"keys": [{"name": "web", "sha256": "12"}]}' >keys.json
kill -s HUP "$SERVE"
until_true tells '"alert":"reload","state":"firing","severity":"warning"'
tells 'keys[0].sha256' || fail 'no reason'
until_true grep -q GLIMPSE_ALERT_MESSAGE=keys variables
cp good.json keys.json
kill -s HUP "$SERVE"
until_true tells '"alert":"reload","state":"over"'
kill -s HUP "$SERVE"
kill -s TERM "$SERVE"
wait "$SERVE" || :
equal lines "$(wc -l <alerts)" 2
jq -e -s 'length == 2 and (map(has("value")) | any | not)' alerts >/dev/null || fail 'a reload has no figures'
if grep -q canary alerts variables; then fail 'a prompt is in an alert'; fi
