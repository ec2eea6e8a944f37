# A real Prometheus scrapes a job, and its query API gives the figures that the job's summary has.
needs prometheus
start_mock --fault 500:20% --seed 3
mkfifo lines
"$GLIMPSE" batch lines -o records --base-url "$URL" --metrics 0 --base-delay 1ms --seed 5 \
    --summary summary.json 2>err &
JOB=$!
pids="$pids $JOB"
exec 9>lines # the job goes on until this is closed
until_true grep -q 'metrics at' err
ADDRESS=$(sed -n 's,.*metrics at http://\(.*\)/metrics,\1,p' err)

cat >prometheus.yml <<END
global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs:
  - job_name: glimpse
    static_configs: [ { targets: [ "$ADDRESS" ] } ]
END
promtool check config prometheus.yml >out 2>&1 || fail "the configuration"
prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=127.0.0.1:0 \
    --log.level=info >prometheus.log 2>&1 9>&- &
PROMETHEUS=$!
pids="$pids $PROMETHEUS"
until_true grep -q 'msg="Listening on"' prometheus.log
API=$(sed -n 's,.*msg="Listening on".* address=\([^ ]*\).*,http://\1/api/v1/query,p' prometheus.log)

# asked QUERY: its value, empty when there is none.
asked() { curl -sG "$API" --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // empty'; }
is() { [ "$(asked "$1")" = "$2" ]; }

drafts 60 >&9
until_true is 'glimpse_requests_total{status="aligned"}' 60
drafts 60 | sed 's/"custom_id":"[a-z]*/&again/' >&9
until_true is 'glimpse_requests_by_source_total{source="cache"}' 60
equal up "$(asked 'up{job="glimpse"}')" 1
attempts=$(asked glimpse_attempts_total)
retries=$(asked glimpse_retries_total)
calls=$(asked 'sum(gen_ai_client_operation_duration_seconds_count)')
failed=$(asked 'sum(gen_ai_client_operation_duration_seconds_count{error_type!=""})')
input=$(asked 'sum(gen_ai_client_token_usage_sum{gen_ai_token_type="input"})')
output=$(asked 'sum(gen_ai_client_token_usage_sum{gen_ai_token_type="output"})')
hits=$(asked glimpse_cache_hits_total)
results=$(asked 'sum(glimpse_request_duration_seconds_count)')
p95=$(asked 'histogram_quantile(0.95, sum by (le) (glimpse_request_duration_seconds_bucket))')
exec 9>&-
wait "$JOB" || fail "exit $?"

summary() { jq "$1" summary.json; }
equal attempts "$attempts" "$(summary .attempts)"
equal calls "$calls" "$(summary .attempts)"
equal retries "$retries" "$(summary .retries)"
equal 'calls that failed' "$failed" "$(summary .retries)"
equal input "$input" "$(summary .usage.prompt_tokens)"
equal output "$output" "$(summary .usage.completion_tokens)"
equal hits "$hits" "$(summary .cache.hits)"
equal results "$results" "$(summary .done)"
[ "$(summary .retries)" -gt 0 ] || fail "nothing was tried again"
case "$p95" in '' | NaN) fail "no quantile" ;; esac
kill "$PROMETHEUS"
wait "$PROMETHEUS" || :
