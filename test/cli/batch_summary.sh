# --summary is one object whose numbers agree with the records and with the server.
start_mock --fault 429:15%,500:5%,reset:5% --seed 3
{ drafts 300; echo bad; drafts 100 again; } >in
expect 1 "$GLIMPSE" batch in -o records --base-url "$URL" --base-delay 5ms --summary summary \
    --max-attempts 8 --seed 1 --log-level error
equal keys "$(jq -r 'keys_unsorted | join(",")' summary)" \
    lines,done,unsent,by_status,by_source,attempts,retries,cache,usage,cost_usd,pack,resumed,elapsed_s,throughput_rps,latency_ms,thresholds_ms,peak_in_flight,window,max_rss_bytes,alerts,exit
attempts=$(records records '[.[].glimpse.attempts] | add')
equal attempts "$(jq .attempts summary)" "$attempts"
equal "requests at the server" "$(mock_stats .requests)" "$attempts"
equal "lines done" "$(jq -c '[.lines, .done, .unsent, .exit]' summary)" "[401,401,0,1]"
for status in aligned rate_limited server_error bad_request error; do
    equal "$status" "$(jq ".by_status.$status" summary)" \
        "$(records records "[.[] | select(.glimpse.status == \"$status\")] | length")"
done
for source in live cache local; do
    equal "$source" "$(jq ".by_source.$source" summary)" \
        "$(records records "[.[] | select(.glimpse.source == \"$source\")] | length")"
done
equal tokens "$(jq .usage.prompt_tokens summary)" \
    "$(records records '[.[] | select(.glimpse.source == "live") | .glimpse.usage.prompt_tokens] | add')"
equal latencies "$(jq '.latency_ms | .p50 <= .p75 and .p75 <= .p95 and .p95 <= .p99 and .p99 <= .max' summary)" true
