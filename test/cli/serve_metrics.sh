# The page of --metrics of `serve` has both sides: calls of the endpoint (gen_ai_client_*) and requests of
# callers (gen_ai_server_*, glimpse_gateway_*). promtool finds nothing to say about it, a real Prometheus
# gives the figures, and no client adds a series.
needs promtool
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

start_mock --latency 5ms --fault 500:#1
export OPENAI_API_KEY=sk-canary-of-the-endpoint
expect 0 "$GLIMPSE" serve --new-key web
KEY=$(sed -n 1p out)
sed -n 2p out | jq -s '{keys: .}' >keys.json
"$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --base-url "$URL" --drain 0 --metrics 127.0.0.1:0 \
    --keys keys.json --base-delay 1ms --log-level info >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving
HERE=http://127.0.0.1:$(cat sport)
METRICS=$(sed -n 's/.*metrics at //p' serve.err)
ask() { # BODY: prints the status
    curl -s -m 20 -o answer -w '%{http_code}' "$HERE/v1/chat/completions" -H "api-key: $KEY" -d "$1"
}
words() { echo "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"$1\"}]${2-}}"; }
told() { curl -s "$METRICS" >text && grep -qF -e "$1" text; }

equal plain "$(ask "$(words 'canary one')")" 200
equal again "$(ask "$(words 'canary one')")" 200
equal stream "$(ask "$(words 'canary two three four' ',"stream":true,"stream_options":{"include_usage":true}')")" 200
equal bad "$(ask '[]')" 400
equal stranger "$(curl -s -m 20 -o answer -w '%{http_code}' -H 'api-key: canary' "$HERE/v1/models?canary")" 401
equal nowhere "$(curl -s -m 20 -o answer -w '%{http_code}' "$HERE/canary")" 404
cp keys.json good.json
echo '{' >keys.json
kill -s HUP "$SERVE"
until_true told 'glimpse_gateway_reloads_total{result="refused"} 1'
cp good.json keys.json
kill -s HUP "$SERVE"
until_true told 'glimpse_gateway_reloads_total{result="loaded"} 1'

promtool check metrics <text >out 2>err || fail "promtool: $(cat err)"
equal "what promtool says" "$(cat out err)" ""
if grep -qE 'canary|sk-' text; then fail "the metrics tell what is nobody's business"; fi
metric() { awk -v name="$1 " 'index($0, name) == 1 { print $NF }' text; }
OF='gen_ai_operation_name="chat",gen_ai_provider_name="openai"'
equal 'requests of callers' "$(metric "gen_ai_server_request_duration_seconds_count{$OF}")" 3
equal 'first tokens' "$(metric "gen_ai_server_time_to_first_token_seconds_count{$OF}")" 1
equal 'tokens of a stream' "$(metric "gen_ai_server_time_per_output_token_seconds_count{$OF}")" 1
equal 'calls of the endpoint' \
    "$(awk '/^gen_ai_client_operation_duration_seconds_count/ { n += $NF } END { print n }' text)" 3
equal answers "$(grep '^glimpse_gateway_answers_total' text | sort)" \
    'glimpse_gateway_answers_total{kind="chat",status="200"} 3
glimpse_gateway_answers_total{kind="chat",status="400"} 1
glimpse_gateway_answers_total{kind="models",status="401"} 1
glimpse_gateway_answers_total{kind="unknown",status="404"} 1'
equal errors "$(grep '^glimpse_gateway_errors_total' text | sort)" \
    'glimpse_gateway_errors_total{code="invalid_api_key"} 1
glimpse_gateway_errors_total{code="invalid_json"} 1
glimpse_gateway_errors_total{code="unknown_path"} 1'
equal callers "$(grep '^glimpse_gateway_caller_requests_total{caller="web"' text)" \
    'glimpse_gateway_caller_requests_total{caller="web",result="answered"} 3
glimpse_gateway_caller_requests_total{caller="web",result="failed"} 0
glimpse_gateway_caller_requests_total{caller="web",result="left"} 0
glimpse_gateway_caller_requests_total{caller="web",result="refused"} 1'
for gauge in 'queue_depth{class="interactive"}' 'queue_depth{class="bulk"}' requests_under_way unsent_bytes draining; do
    equal "$gauge" "$(metric "glimpse_gateway_$gauge")" 0
done

# Requests that wait, by class; a client that leaves there, and one that leaves what it waits for.
"$GLIMPSE" mock --port-file port2 --fault 'hang:#1-' >/dev/null 2>&1 &
pids="$pids $!"
until_true test -s port2
kill -s TERM "$SERVE"
wait "$SERVE" || :
rm -f serve.out sport
"$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --base-url "http://127.0.0.1:$(cat port2)/v1" --drain 0 \
    --metrics 127.0.0.1:0 --concurrency 1 >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving
HERE=http://127.0.0.1:$(cat sport)
METRICS=$(sed -n 's/.*metrics at //p' serve.err)
curl -s -m 60 -o /dev/null "$HERE/v1/chat/completions" -d "$(words a)" &
FIRST=$!
until_true told 'glimpse_attempts_in_flight 1'
curl -s -m 60 -o /dev/null "$HERE/v1/chat/completions" -H 'Glimpse-Priority: bulk' -d "$(words b)" &
SECOND=$!
pids="$pids $FIRST $SECOND"
until_true told 'glimpse_gateway_queue_depth{class="bulk"} 1'
told 'glimpse_gateway_requests_under_way 2' || fail 'not two under way'
told 'glimpse_gateway_connections 2' || fail 'not two connections'
kill "$SECOND"
until_true told 'glimpse_gateway_disconnects_total{phase="queue"} 1'
kill "$FIRST"
until_true told 'glimpse_gateway_disconnects_total{phase="head"} 1'
told 'glimpse_gateway_requests_under_way 0' || fail 'one is still under way'

# A real Prometheus.
needs prometheus
cat >prometheus.yml <<END
global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs:
  - job_name: glimpse
    metrics_path: /metrics
    static_configs: [ { targets: [ "$(echo "$METRICS" | sed 's,http://\(.*\)/metrics,\1,')" ] } ]
END
prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=127.0.0.1:0 \
    --log.level=info >prometheus.log 2>&1 &
PROMETHEUS=$!
pids="$pids $PROMETHEUS"
until_true grep -q 'msg="Listening on"' prometheus.log
API=$(sed -n 's,.*msg="Listening on".* address=\([^ ]*\).*,http://\1/api/v1/query,p' prometheus.log)
asked() { curl -sG "$API" --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // empty'; }
is() { [ "$(asked "$1")" = "$2" ]; }
until_true is 'sum(glimpse_gateway_disconnects_total)' 2
until_true is 'sum(gen_ai_server_request_duration_seconds_count{error_type="499"})' 2
kill "$PROMETHEUS"
wait "$PROMETHEUS" || :
