# What a search found as JSON, CSV and a page: the same figures in each, one row a run, and nothing is
# lost when it is interrupted.
start_mock --capacity 2 --latency 10ms --token-rate 1000
expect 0 "$GLIMPSE" bench --saturate --duration 200ms --repeat 2 --stream --base-url "$URL" --validity off -q \
    --json s.json --csv s.csv --html s.html
equal "kind" "$(jq -r '.glimpse_search, .kind, .result.state' s.json | tr '\n' ' ')" '1 saturate found '
equal "two runs a load" "$(jq '[.points[].runs] | unique' -c s.json)" '[2]'
equal "an interval" "$(jq '[.points[] | .throughput_low <= .throughput_rps and .throughput_rps <= .throughput_high] | all' s.json)" true
equal "a line a run" "$(wc -l <s.csv)" "$(jq '.runs | length + 1' s.json)"
grep -qF "$(jq -r .result.text s.json)" out || fail "the last line is not the result"
grep -qF "$(jq -r .result.text s.json)" s.html || fail "the page does not say the result"
for chart in knee latency pareto; do grep -q "id=\"$chart\"" s.html || fail "no chart $chart"; done

# Each figure of the page is the JSON's.
cat >figures.jq <<'END'
def at($path): reduce ($path | split("."))[] as $step (.; if type == "array" then .[$step | tonumber] else .[$step] end);
$run[0] as $report
| [scan("data-figure=\"([^\"]*)\" data-value=\"([^\"]*)\">")]
| if length < 20 then "only \(length)" else . end
| [.[] | . as [$path, $value] | select(($report | at($path)) != ($value | fromjson))]
END
equal "figures" "$(jq -R -s -c --slurpfile run s.json -f figures.jq s.html)" '[]'

# Standard output instead of the table.
"$GLIMPSE" bench --sweep --sla 'p95<60s' --rate 20 --duration 200ms --base-url "$URL" --validity off -q --csv - >out ||
    fail "exit $?"
equal "head" "$(head -n 1 out | cut -d, -f1-3)" rate_rps,throughput_rps,sent_rps
equal "nothing else" "$(grep -c highest out || :)" 0

# Missed from the first on: exit 1, and told.
expect 1 "$GLIMPSE" bench --sweep --sla 'p50<1ms' --rate 20 --duration 200ms --base-url "$URL" --validity off -q --json w.json
equal "missed" "$(jq -c '[.result.state, .result.met_rps, .result.missed_rps, .runs[0].why]' w.json)" '["missed",null,20,"p50<1ms"]'

# Interrupted: what there was is written.
"$GLIMPSE" bench --saturate --base-url "$URL" --duration 60s --calibrate-first off -q --json cut.json \
    --log-level info --log-file log >out 2>err &
pid=$!
until_true grep -q openai_call log
kill -TERM "$pid"
wait "$pid" && code=0 || code=$?
equal "exit code" "$code" 143
equal "interrupted" "$(jq -r .result.state cut.json)" interrupted

for wrong in "--csv x.csv" "--repeat 3"; do
    # shellcheck disable=SC2086
    expect 64 "$GLIMPSE" bench --requests 1 $wrong
    says "${wrong%% *} says nothing of a closed loop; it is of --sweep, --saturate"
done
expect 64 "$GLIMPSE" bench --saturate --json x --csv x
expect 74 "$GLIMPSE" bench --saturate --csv /none/x.csv
