# The judge of `sh test/show/all.sh GLIMPSE truth`: a figure that is wrong is found, and is the machine's only where
# the machine held the client for as long while the very request was under way. On a log and a report that are made here.
show=$(dirname "$script")/../show

# 40 requests of 20 ms, one each 10 ms; the server's clock reads 1 s as the first comes.
jq -n -c 'range(40) | { at: (1e9 + . * 1e7), came: (. * 1e7), late: 0, first: (. * 1e7 + 2e7), last: (. * 1e7 + 2e7), status: 200, tokens: [] }' >log
# What a client that is right by 0.2 ms says of them.
jq -n -c 'range(40) | { n: (. + 1), scheduled_s: (. * 0.01), sent_s: (. * 0.01), first_s: (. * 0.01 + 0.0202), first_token_s: null,
    last_s: (. * 0.01 + 0.0202), request_id: "\(.)" }' >requests
jq -n -c '{ count: 40, mean_us: 20200, p50_us: 20200, p90_us: 20200, p99_us: 20200, max_us: 20200, few: ["p90_us", "p99_us"] } as $d
    | ($d + { count: 0, mean_us: null, max_us: null, p50_us: null }) as $none
    | { invalid: [], totals: { sent: 40, attempts: 40, by_source: { live: 40 }, by_status: { aligned: 40 }, measured: 40,
        completion_tokens: 200, window_s: 0.5, sent_rps: 100, throughput_rps: 80, tokens_out_rps: 400 },
        distributions: { service: $d, latency: $d, first_byte: $d, ttft_service: $none, ttft: $none, first_answer: $none,
        chunk_gap: $none, tpot: $none } }' >run

# judged WHAT WANTED RUN_FILTER LINES_FILTER STALLS [CODE]: the judge's word begins with WANTED.
judged() {
    jq -c "$3" run >run.json
    jq -c "$4" requests >requests.jsonl
    jq -s -c --argjson open 100 --argjson tokens 5 --argjson reasoning 0 --slurpfile report run.json --slurpfile lines requests.jsonl \
        '$report[0] as $run | '"$(cat "$show/truth.jq")" log >all
    echo "{\"stalls\":$5}" >machine
    word=$(jq -r --slurpfile machine machine --slurpfile run run.json --argjson code "${6:-0}" --argjson want 0 --argjson origin 1000000000 \
        "$(cat "$show/truth_judge.jq")" all)
    case $word in
    "$2"*) ;;
    *) fail "$1: '$word' does not begin with '$2'" ;;
    esac
}

then='[{"at":1075000000,"ns":5000000,"cpu":null}]' # while the requests 6 and 7 are under way
judged "a client that is right" good . . '[]'
judged "a quantile that is wrong" 'wrong: service.p50' '.distributions.service.p50_us = 21500' . '[]'
judged "a maximum that no request has" 'wrong: latency.max' '.distributions.latency.max_us = 40000' . "$then"
judged "a count that is wrong" 'wrong: sent' '.totals.sent = 39' . "$then"
judged "a rate that is wrong" 'wrong: sent_rps' '.totals.sent_rps = 110' . "$then"
judged "a request that is told late" 'wrong: requests.' . 'if .n == 8 then .last_s += 0.004 else . end' '[]'
judged "which the machine held" 'requests.latency is off by 4.2 ms: it waited 5 ms for a CPU, 0.075 s after' . \
    'if .n == 8 then .last_s += 0.004 else . end' "$then"
judged "with its maximum" 'requests.latency is off by 4.2 ms: it waited 5 ms' '.distributions.latency.max_us = 24200' \
    'if .n == 8 then .last_s += 0.004 else . end' "$then"
judged "for less than it is late" 'wrong: requests.' . 'if .n == 8 then .last_s += 0.009 else . end' "$then"
judged "at another time" 'wrong: requests.' . 'if .n == 30 then .last_s += 0.004 else . end' "$then"
judged "a request that has no line" 'wrong: requests.lines' . 'select(.n != 8)' "$then"
judged "an exit that is none" 'wrong: exit 1' . . "$then" 1
judged "an INVALID run without a stall" 'wrong: the loop was late' '.invalid = ["the loop was late"]' . '[]' 70
judged "and with one" 'the loop was late: it waited' '.invalid = ["the loop was late"]' . "$then" 70
