# Two reports side by side: the same server is no difference, a slower one is exit 1, anything else is
# refused by name. Times that differ, since equal ones keep the users in step, and their samples dependent.
run() { # file, latency
    expect 0 "$GLIMPSE" bench --latency "$2" --requests 600 --concurrent-users 20 --pool-ratio 0 -q \
        --calibrate-first off --validity off --json "$1"
}
run fast.json lognormal:2ms:4ms
run slow.json lognormal:60ms:120ms
expect 0 "$GLIMPSE" bench --compare fast.json fast.json
grep -q ' no difference found; one of up to +-[0-9.]* % may hide$' out || fail "not the same"
# What may hide is the end of the interval that is further away, as a part of what was before.
equal "as wide as the interval" "$(awk '/no difference found.*%/ {
    for (i = 1; i < NF; i++) { if ($i == "..") at = i; if ($i == "to") hides = substr($(i + 1), 3) }
    most = $(at + 1) > -$(at - 1) ? $(at + 1) : -$(at - 1); off = hides - 100 * most / $(at - 3)
    if (off > 0.2 || off < -0.2) print $0, "is off by", off }' out)" ""
if grep -q 'not the same' out; then fail "the settings are the same"; fi
expect 1 "$GLIMPSE" bench --compare fast.json slow.json
# Of a busy machine's run the samples may depend on each other too much for a quantile: then the mean tells it.
grep -q '^latency .*WORSE' out || fail "not worse"
expect 0 "$GLIMPSE" bench --compare slow.json fast.json
grep -q 'better' out || fail "not better"
prints 'throughput, /s'
prints 'not the same mock_latency: "lognormal:60ms:120ms" before, "lognormal:2ms:4ms" after'
expect 0 "$GLIMPSE" bench --latency lognormal:2ms:4ms --requests 50 --concurrent-users 3 --pool-ratio 0 -q \
    --calibrate-first off --validity off --json other.json
"$GLIMPSE" bench --compare fast.json other.json >out || true
prints 'not the same users: 20 before, 3 after'
echo '{}' >none.json
expect 78 "$GLIMPSE" bench --compare fast.json none.json
says --compare 'none.json is no report of a bench'
expect 78 "$GLIMPSE" bench --compare missing.json fast.json
says --compare missing.json
expect 64 "$GLIMPSE" bench --compare fast.json
# Several runs a side, and several sides.
expect 0 "$GLIMPSE" bench --compare fast.json,fast.json fast.json
expect 1 "$GLIMPSE" bench --compare fast.json,fast.json slow.json,slow.json
expect 1 "$GLIMPSE" bench --compare fast.json fast.json slow.json
prints 'fast.json against fast.json' 'slow.json against fast.json'
expect 78 "$GLIMPSE" bench --compare fast.json slow.json,
says 'a side is a file, or several with commas between'
cp fast.json 'a,b.json'
expect 0 "$GLIMPSE" bench --compare fast.json a,b.json
jq 'del(.blocks)' fast.json >old.json
expect 78 "$GLIMPSE" bench --compare fast.json old.json
says 'old.json has no blocks of time'
expect 64 "$GLIMPSE" bench fast.json
jq '.verdict = "invalid" | .invalid = ["x"]' fast.json >spoilt.json
expect 70 "$GLIMPSE" bench --compare fast.json spoilt.json
says 'spoilt.json: the run was INVALID'
jq '.settings.mock_latency = "9s"' fast.json >other.json
expect 0 "$GLIMPSE" bench --compare fast.json other.json
prints 'not the same mock_latency: "lognormal:2ms:4ms" before, "9s" after'
