# --thresholds auto moves them to what the endpoint takes, and says where they are; other values are as before.
start_mock --latency 100ms
drafts 1200 >in
expect 0 "$GLIMPSE" batch in -o out.jsonl --base-url "$URL" --concurrency 10 --thresholds auto \
    --log-level info --log-file log --summary summary -q
equal "all" "$(jq .by_status.aligned summary)" 1200
grep -q 'INFO thresholds t1_ms=' log || fail "nobody was told that they moved"
equal "t1 fell" "$(jq '.thresholds_ms[0] < 1500' summary)" true
equal "they rise" "$(jq '.thresholds_ms | . == (. | sort | unique) and length == 4' summary)" true

expect 0 "$GLIMPSE" batch in -o out.jsonl --overwrite --base-url "$URL" --concurrency 500 --summary summary -q
equal "fixed" "$(jq -c .thresholds_ms summary)" '[1500,2500,4000,6000]'
GLIMPSE_THRESHOLDS=auto expect 0 "$GLIMPSE" bench --latency 1ms --requests 20 --json run.json --calibrate-first off --validity off
equal "from the environment" "$(jq .settings.thresholds_auto run.json)" true
expect 0 "$GLIMPSE" bench --thresholds 100,200,300,400 --latency 1ms --requests 20 --json run.json --calibrate-first off --validity off
equal "not automatic" "$(jq -c '[.settings.thresholds_auto,.settings.thresholds_ms]' run.json)" '[false,[100,200,300,400]]'
expect 78 "$GLIMPSE" run --thresholds automatic hello
says --thresholds auto
GLIMPSE_THRESHOLDS=never expect 78 "$GLIMPSE" run hello
says GLIMPSE_THRESHOLDS
