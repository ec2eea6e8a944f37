# The file of endpoints is read again and again, right and wrong, while requests come: each is answered, and none is
# asked twice.
mock() {
    name=$1
    shift
    start_mock "$@"
    mv port "$name"
}
asked() { cp "$1" port && mock_stats .requests; }
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}
endpoint() { # name, file of the port, weight
    printf '{"name": "%s", "base_url": "http://127.0.0.1:%s/v1", "group": "all", "weight": %s}' "$1" "$(cat "$2")" "$3"
}
is_read() { [ "$(grep -c 'endpoints_\(loaded\|refused\)' serve.err)" -ge "$1" ]; }
# take N: the Nth file, in turn; waits until it is taken or refused.
take() {
    case $(($1 % 5)) in
    0) printf '{"endpoints": [%s, %s]}' "$(endpoint a one 1)" "$(endpoint b two 1)" ;;
    1) printf '{"endpoints": [%s]}' "$(endpoint a one 1)" ;;
    2) printf '{"endpoints": [%s, %s]}' "$(endpoint a one 1)" "$(endpoint c two 5)" ;;
    3) printf '{"endpoints": [' ;;
    4) printf '{"endpoints": [%s]}' "$(endpoint d two 1)" ;;
    esac >endpoints.json
    [ "$1" = 0 ] || kill -s HUP "$SERVE"
    until_true is_read "$1"
}

mock one --latency 20ms
mock two --latency 20ms
: >serve.err
take 0
"$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --endpoints endpoints.json --cache bypass --drain 0 \
    --log-level info >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving
"$GLIMPSE" bench --base-url "http://127.0.0.1:$(cat sport)/v1" --requests 600 --rate 300 --validity off --json report.json \
    -q >bench.out 2>&1 &
BENCH=$!
pids="$pids $BENCH"
taken=0
while kill -0 "$BENCH" 2>/dev/null; do
    taken=$((taken + 1))
    take "$taken"
done
code=0
wait "$BENCH" || code=$?
equal 'exit of bench' $code 0
[ "$taken" -ge 5 ] || fail "it was read again $taken times only"
equal answered "$(jq .totals.answered report.json)" 600
equal 'asked upstream' "$(($(asked one) + $(asked two)))" 600
grep -q endpoints_refused serve.err || fail 'the wrong file was taken'
