# The official SDK, as it comes, asks a gateway over one endpoint that is dead, one that is rate-limited and one that is
# well: COUNT (1,000) of as many are answered, and the dead one saw probes only, once its circuit was open.
. "$(dirname "$script")/figures.sh"
. "$(dirname "$script")/crowd.sh"
. "$(dirname "$script")/../sdk/install.sh"
install_clients "$(dirname "$script")/../sdk"
count=${COUNT:-1000}
KEY=$(new_key app)
keys_file
export POOL_KEY=$SECRET

# mock_of NAME OPTIONS...: its port is in NAME.port.
mock_of() {
    name=$1
    shift
    start_mock --latency 20ms --token-rate 0 --require-key $SECRET "$@"
    cp port "$name.port"
}
of_mock() { cp "$1.port" port && from "$2"; } # NAME FILTER
mock_of dead --refuse 503
mock_of limited --rpm 300
mock_of well
for name in dead limited well; do
    printf '{"name":"%s","base_url":"http://127.0.0.1:%s/v1","api_key_env":"POOL_KEY","group":"all"}\n' \
        $name "$(cat $name.port)"
done | jq -s '{endpoints: .}' >endpoints.json
"$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --endpoints endpoints.json --keys keys.json --drain 0 \
    --log-level info --access-log access.log >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving

timeout 120 node "$kept/many.js" "http://127.0.0.1:$(cat sport)/v1" "$KEY" "$count" 50 >many.json || fail 'the SDK ended early'
figure "answered, of $count" "$(jq .answered many.json)" == "$count"
note "failed" "$(jq -c .failed many.json)"
opened=$(date -d "$(sed -n '/circuit_opened.*endpoint=dead/s/ .*//p' serve.err | head -1)" +%s%3N)
probes=$(grep -c 'circuit_probe.*endpoint=dead' serve.err) || :
note "the dead one: requests" "$(of_mock dead .requests)"
note "of them probes, by the log" "$probes"
# Those that were on their way when it opened are there within 20 ms.
figure "the dead one: others, once its circuit was open" "$(curl -sS -m 60 \
    "http://127.0.0.1:$(cat dead.port)/__mock/journal?limit=10000" |
    jq "([.data[] | select(.time_ms > $opened + 20)] | length) - $probes | [., 0] | max")" == 0
note "the limited one: requests, answered" "$(of_mock limited '"\(.requests), \(.by_status["200"])"')"
note "the one that is well: answered" "$(of_mock well '.by_status["200"]')"
answers=$(($(of_mock limited '.by_status["200"] // 0') + $(of_mock well '.by_status["200"] // 0')))
figure "answers of both, each once" "$answers" == "$count"
kill -s TERM "$SERVE"
end_serve "$SERVE"
no_keys_in serve.out serve.err access.log many.json
verdict
