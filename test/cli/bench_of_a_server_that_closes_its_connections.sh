# A server that closes each connection after its answer, unannounced (llama-server): the requests that were on
# their way then are asked again at once. Nothing fails, and once the habit is known, new connections are taken.
quick="--calibrate-first off --validity off --pool-ratio 0 -q"
start_mock --close-after 1 --token-rate 0
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "$URL" --stream --requests 1000 --concurrent-users 8 $quick --json run.json
equal "all were answered" "$(jq .totals.by_status.aligned run.json)" 1000
equal "the server counted each once" "$(mock_stats '.requests == 1000')" true
# Eight found out at once, and some tried again.
extra=$(mock_stats .closed_connections)
[ "$extra" -le 18 ] || fail "$extra requests went out on connections that were closed"
equal "and what was tried is told" "$(jq ".totals.attempts == 1000 + $extra" run.json)" true

awk 'BEGIN { for (i = 1; i <= 300; i++) printf "{\"custom_id\":\"d%d\",\"body\":{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"One two %d\"}]}}\n", i, i }' >in
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 4 --summary summary -q --log-level info --log-file log
equal "all were answered" "$(jq .by_status.aligned summary)" 300
equal "nothing waited" "$(records records '[.[].glimpse.log // [] | .[].waited_ms] | all(. == 0)')" true
grep -q circuit_opened log && fail "the circuit opened"
true
