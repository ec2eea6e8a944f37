# --metrics: text that promtool finds nothing to say about, while the job runs; nothing of a text or
# key in it; and a scraper that stays connected does not keep the program from ending.
needs promtool
start_mock --fault 500:20% --seed 3
export OPENAI_API_KEY=sk-secret-of-metrics
mkfifo lines
"$GLIMPSE" batch lines -o records --base-url "$URL" --metrics 127.0.0.1:0 --base-delay 1ms --seed 5 \
    --summary summary.json 2>err &
JOB=$!
pids="$pids $JOB"
exec 9>lines # the job goes on until this is closed
until_true grep -q 'metrics at' err
METRICS=$(sed -n 's/.*metrics at //p' err)

told() { curl -s "$METRICS" >text && grep -qF -e "$1" text; }

drafts 40 private >&9
until_true told 'glimpse_requests_total{status="aligned"} 40'
drafts 40 private | sed 's/"custom_id":"[a-z]*/&again/' >&9
until_true told 'glimpse_requests_by_source_total{source="cache"} 40'
# Only streams have chunks.
! grep -q 'time_to_first_chunk_seconds_count' text || fail "a chunk without a stream"
echo '{"custom_id":"s","method":"POST","url":"/v1/chat/completions","body":{"model":"m-stream","stream":true,"messages":[{"role":"user","content":"one two three four five six seven eight"}]}}' >&9
until_true told 'glimpse_requests_total{status="aligned"} 81'
grep -q 'time_to_first_chunk_seconds_count{.*gen_ai_request_model="m-stream".*} 1$' text || fail "no first chunk"
grep -q 'time_per_output_chunk_seconds_count{.*gen_ai_request_model="m-stream".*} [1-9]' text || fail "no chunk"
until_true told glimpse_loop_lag_seconds_count # the first look is after a tenth of a second
promtool check metrics <text >out 2>err.promtool || fail "promtool: $(cat err.promtool)"
equal "what promtool says" "$(cat out err.promtool)" ""
for family in gen_ai_client_operation_duration_seconds gen_ai_client_token_usage \
    glimpse_request_duration_seconds glimpse_loop_lag_seconds process_resident_memory_bytes; do
    grep -q "^$family" text || fail "$family is not told"
done
grep -q 'gen_ai_client_operation_duration_seconds_count{.*error_type="500"}' text || fail "no 500 is told"
! grep -qE 'sk-secret|private|text number' text || fail "the metrics tell what is nobody's business"

# GET and HEAD, and nothing else.
equal HEAD "$(curl -sI -o head -w '%{http_code}' "$METRICS")" 200
grep -qi '^content-type: text/plain; version=0.0.4; charset=utf-8' head || fail "$(cat head)"
equal POST "$(curl -s -X POST -d x -o out -D head -w '%{http_code}' "$METRICS")" 405
grep -qi '^allow: GET, HEAD' head || fail "no Allow"
equal OPTIONS "$(curl -s -X OPTIONS -o out -w '%{http_code}' "$METRICS")" 405
equal 'another path' "$(curl -s -o out -w '%{http_code}' "${METRICS%/metrics}/")" 404

# A scraper that keeps its connection, and one that says nothing at all.
PORT=${METRICS##*:} PORT=${PORT%/metrics}
perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die } 1, 2;
    print {$open[0]} "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    sysread($open[0], my $some, 100) or die;
    open(my $told, ">", "connected"); close($told);
    1 while sysread($open[0], $some, 65536); # until the program has ended' "$PORT" 9>&- &
SCRAPER=$!
pids="$pids $SCRAPER"
until_true test -e connected
exec 9>&-
wait "$JOB" || fail "exit $?"
wait "$SCRAPER" || fail "the scraper's connection was not closed"

# What was scraped last is what the summary says.
metric() { awk -v name="$1 " 'index($0, name) == 1 { print $NF }' text; }
equal attempts "$(metric glimpse_attempts_total)" "$(jq .attempts summary.json)"
equal retries "$(metric glimpse_retries_total)" "$(jq .retries summary.json)"
equal hits "$(metric glimpse_cache_hits_total)" "$(jq .cache.hits summary.json)"
equal input "$(metric 'glimpse_tokens_total{type="input"}')" "$(jq .usage.prompt_tokens summary.json)"
equal calls "$(awk '/^gen_ai_client_operation_duration_seconds_count/ { n += $NF } END { print n }' text)" \
    "$(jq .attempts summary.json)"
