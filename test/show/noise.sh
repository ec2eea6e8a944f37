# 4,000 lines of 100 ms, 64 in flight; then with 3 % of 429 and 3 % of 503 at random, without and with
# a Retry-After of 1 s: at least 75 % of the rate without faults, and 90 % up to the job's end, which is
# long for what waits there and told by itself. Three rounds (or COUNT), each with a seed of its own and
# the three rates one after the other, so that whatever else the machine does is in all three; what
# counts is the median of the rounds' ratios. The rates are the mock's own count, from its first request
# to its last answer; where the end begins is by the client's log.
. "$(dirname "$script")/figures.sh"
drafts 4000 >in.jsonl

# The median of the numbers in a file.
median() {
    sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# rate_of SEED OPTIONS...: sets $rate; $body, the rate of the first nine tenths of the answers; $end,
# the seconds for the last tenth. A mock of its own each time.
rate_of() {
    start_mock --latency 100ms --seed "$@"
    rm -f out.jsonl summary log
    run_batch --log-level info --log-format json --log-file log
    rate=$(from '4000 / (.last_ms - .first_ms) * 1000')
    refused=$(from '((.by_status."429" // 0) + (.by_status."503" // 0)) / .requests * 1000 | round / 10')
    kill "$MOCK"
    jq -r 'select(.event == "openai_call") | (.ts | sub("\\.[0-9]+Z$"; "Z") | fromdate) * 1000
        + (.ts | capture("\\.(?<ms>[0-9]+)Z$").ms | tonumber) - (.elapsed_ms // 0)' log | sort -n | head -1 >began
    jq -r 'select(.event == "openai_call" and .http_status == 200) | (.ts | sub("\\.[0-9]+Z$"; "Z") | fromdate) * 1000
        + (.ts | capture("\\.(?<ms>[0-9]+)Z$").ms | tonumber)' log | sort -n >answers
    body=$(awk -v began="$(cat began)" 'NR == 3600 { print 3600 / ($1 - began) * 1000 }' answers)
    end=$(awk 'NR == 3600 { from = $1 } END { print ($1 - from) / 1000 }' answers)
    [ $code = 0 ] && [ "$(records_of '.glimpse.status == "aligned"')" = 4000 ] || spoilt="$spoilt $*;"
}

spoilt=
for round in $(seq "${COUNT:-3}"); do
    rate_of "$round"
    plain=$rate plain_body=$body
    echo "$rate" >>rate.none
    echo "$end" >>end.none
    for wait in 0 1s; do
        rate_of "$round" --fault 429:3%,503:3% --retry-after $wait
        echo "$rate" >>rate.$wait
        echo "$refused" >>refused.$wait
        of .window.mean >>window.$wait
        echo "$end" >>end.$wait
        awk -v a="$rate" -v b="$plain" 'BEGIN { print a / b }' >>whole.$wait
        awk -v a="$body" -v b="$plain_body" 'BEGIN { print a / b }' >>body.$wait
    done
done
figure "runs that failed or left lines without an answer" "$(echo "$spoilt" | tr -dc ';' | wc -c)" == 0
[ -z "$spoilt" ] || note "they were of" "$spoilt"
# told FORMAT FILE: the median and, in brackets, the least and the most.
told() {
    # shellcheck disable=SC2059  # the format is ours
    printf "$1 [$1, $1]" "$(median "$2")" "$(sort -n "$2" | head -1)" "$(sort -n "$2" | tail -1)"
}
note "answers a second without faults" "$(told %.0f rate.none)"
note "seconds for the last tenth" "$(told %.2f end.none)"
for wait in 0 1s; do
    echo "    Retry-After $wait:"
    note "answers a second" "$(told %.0f rate.$wait)"
    note "percent of requests refused" "$(told %.1f refused.$wait)"
    note "the window's mean" "$(told %.1f window.$wait)"
    note "seconds for the last tenth" "$(told %.2f end.$wait)"
    note "part of the rate, each round" "$(told %.3f whole.$wait)"
    note "part of it up to the last tenth, each round" "$(told %.3f body.$wait)"
    figure "part of the rate without faults" "$(median whole.$wait)" '>=' 0.75
    figure "part of it up to the last tenth" "$(median body.$wait)" '>=' 0.9
done
verdict
