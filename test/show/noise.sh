# 4,000 lines of 100 ms, 64 in flight; then with 3 % of 429 and 3 % of 503 at random, without and with
# a Retry-After of 1 s: at least 75 % of the rate without faults. The rates are the mock's own count,
# from its first request to its last answer.
. "$(dirname "$script")/figures.sh"
drafts 4000 >in.jsonl

# rate_of OPTIONS...: sets $rate; a mock of its own each time.
rate_of() {
    start_mock --latency 100ms --seed 11 "$@"
    rm -f out.jsonl summary
    run_batch
    rate=$(from '4000 / (.last_ms - .first_ms) * 1000 | round')
    refused=$(from '((.by_status."429" // 0) + (.by_status."503" // 0)) / .requests * 1000 | round / 10')
    kill "$MOCK"
    figure "exit code" $code == 0
    figure "records aligned" "$(records_of '.glimpse.status == "aligned"')" == 4000
}

rate_of
plain=$rate
note "answers a second without faults" "$rate"
for wait in 0 1s; do
    rate_of --fault 429:3%,503:3% --retry-after $wait
    note "answers a second, Retry-After $wait" "$rate"
    note "percent of requests refused" "$refused"
    note "the window's mean and least" "$(of '.window | "\(.mean), \(.least)"')"
    figure "part of the rate without faults" "$(awk -v a="$rate" -v b="$plain" 'BEGIN { printf "%.3f", a / b }')" '>=' 0.75
done
verdict
