# 5,000 requests a second for 20 s, client and mock on a core each: the rate, and how late each was sent.
. "$(dirname "$script")/figures.sh"
code=0
"$GLIMPSE" bench --latency 2ms --rate 5000 --duration 20s --pool-ratio 0 -q --json run.json >out 2>err || code=$?
cat out
figure "exit code" $code == 0
figure "rate, 0.1 requests/s: at least" "$(jq '.totals.sent_rps * 10 | floor' run.json)" '>=' 49750
figure "rate, 0.1 requests/s: at most" "$(jq '.totals.sent_rps * 10 | floor' run.json)" '<=' 50250
figure "sent late by, us at p99" "$(jq .distributions.lateness.p99_us run.json)" '<=' 2000
verdict
