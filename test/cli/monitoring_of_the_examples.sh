# The shipped alert rules hold what they promise, and each query of the shipped dashboard finds what a
# job's metrics have, in a real Prometheus.
needs prometheus
MONITORING=${script%/test/cli/*}/docs/examples/monitoring
promtool check rules "$MONITORING/rules.yml" >out 2>&1 || fail "the rules"
promtool check config "$MONITORING/prometheus.yml" >out 2>&1 || fail "the configuration"
promtool test rules "$MONITORING/rules_test.yml" >out 2>&1 || fail "the rules' tests"
sed 's/== 1/== 2/' "$MONITORING/rules.yml" >rules.yml
cp "$MONITORING/rules_test.yml" .
expect 1 promtool test rules rules_test.yml # which can fail

start_mock --fault 500:20% --fault 429:5% --seed 3
mkfifo lines
"$GLIMPSE" batch lines -o records --base-url "$URL" --metrics 0 --base-delay 1ms --seed 5 2>err &
JOB=$!
pids="$pids $JOB"
exec 9>lines # the job goes on until this is closed
until_true grep -q 'metrics at' err
ADDRESS=$(sed -n 's,.*metrics at http://\(.*\)/metrics,\1,p' err)
sed "s/127.0.0.1:9464/$ADDRESS/; s/5s/200ms/" "$MONITORING/prometheus.yml" >prometheus.yml
cp "$MONITORING/rules.yml" .
prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=127.0.0.1:0 \
    --log.level=info >prometheus.log 2>&1 9>&- &
PROMETHEUS=$!
pids="$pids $PROMETHEUS"
until_true grep -q 'msg="Listening on"' prometheus.log
API=$(sed -n 's,.*msg="Listening on".* address=\([^ ]*\).*,http://\1/api/v1,p' prometheus.log)

# asked QUERY: how many series it finds.
asked() { curl -sG "$API/query" --data-urlencode "query=$1" | jq -er '.data.result | length'; }
finds() { [ "$(asked "$1")" -gt 0 ]; }
drafts 60 >&9
until_true finds 'glimpse_requests_total{status="aligned"} == 60'
drafts 60 | sed 's/"custom_id":"[a-z]*/&again/' >&9
until_true finds 'sum(rate(glimpse_requests_by_source_total{source="cache"}[1m])) > 0'

# Of a mock without limits and streams no rate limit is known and no first chunk was timed.
jq -r '.panels[].targets[]?.expr' "$MONITORING/dashboard.json" |
    sed 's/\$instance/.*/g; s/\$__rate_interval/1m/g' >queries
[ "$(wc -l <queries)" -gt 30 ] || fail "not all queries"
while read -r query; do
    case "$query" in
    *rate_limit_remaining* | *first_chunk*) asked "$query" >/dev/null || fail "refused: $query" ;;
    *) finds "$query" || fail "finds nothing: $query" ;;
    esac
done <queries
equal rules "$(curl -s "$API/rules" | jq '[.data.groups[].rules[] | select(.health != "err")] | length')" 8
exec 9>&-
wait "$JOB" || fail "exit $?"
kill "$PROMETHEUS"
wait "$PROMETHEUS" || :
