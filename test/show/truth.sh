# Every figure of a report of `glimpse bench`, and each request of its --requests, held against the log of a server
# that shares no code with it (bench/truth/server.c), over 13 scenarios. Of each the figure that is furthest off is
# printed, in parts of what is allowed: 2 % or 1 ms; counts have to be equal.
#
# The server's times are the kernel's, so that only the client can be late. Why it is, the client or the machine, is
# measured: bench/truth/watch.c writes down when the client was ready to run and had no CPU, and when a CPU ran
# nothing that was due. A run with a time that is further off than allowed is told DISTURBED, with what was seen, and
# made again, where the machine held the client for as long as that time is off; where it did not, the figure is wrong
# and fails at once. COUNT runs of each scenario (1 unless given) have to be within what is allowed.
# COUNTS=1 judges the counts of one run alone, which depend on no clock: as a test.
. "$(dirname "$script")/figures.sh"
here=$(dirname "$script")
truth=$(dirname "$GLIMPSE")/bench/glimpse-truth
long=${COUNTS:+2s} long=${long:-5s}
runs=${COUNT:-1} tries=12 disturbed=0
[ -z "${COUNTS-}" ] || runs=1 tries=1
# Where it is permitted both ends come before everything else on the machine, and the watch before them.
first= before=
if [ -z "${COUNTS-}" ] && chrt -f 2 true 2>/dev/null; then first='chrt -f 1' before='chrt -f 2'; fi
[ -x "$truth" ] || { echo "truth.sh: $truth is not there; build glimpse-truth" >&2; exit 77; }

# run_once 'SERVER' OPTIONS...: sets $code; leaves the report, the requests, the log and what the watch saw.
run_once() {
    server=$1
    shift
    rm -f port log run.json requests.jsonl machine
    # shellcheck disable=SC2086
    $first "$truth" port log $server &
    pid=$!
    until [ -s port ]; do sleep 0.05; done
    $first "$GLIMPSE" bench --base-url "http://127.0.0.1:$(cat port)/v1" --pool-ratio 0 --calibrate-first off -q \
        --json run.json --requests requests.jsonl "$@" >out 2>err &
    client=$! watch=
    pids="$pids $pid $client"
    if [ -z "${COUNTS-}" ]; then
        $before "$truth-watch" $client machine &
        watch=$!
        pids="$pids $watch"
    fi
    code=0
    wait $client || code=$?
    [ -z "$watch" ] || wait $watch || fail "the watch ended with $?"
    kill $pid
    wait $pid || :
}

# judge: of $code, the figures and the late requests in `all`: `good`, `wrong`, or what the machine did.
judge() {
    [ -s machine ] || echo '{"stalls":[]}' >machine
    jq -r --slurpfile machine machine --slurpfile run run.json --argjson code "$code" --argjson want "$want" \
        --argjson origin "$(head -1 log | jq .at)" "$(cat "$here/truth_judge.jq")" all
}

# make_runs NAME EXIT RATE TOKENS REASONING 'SERVER' OPTIONS...: leaves the figures of those that count in `kept`.
make_runs() {
    name=$1 want=$2 open=$3 tokens=$4 reasoning=$5 given=$6
    shift 6
    good=0 try=0 said=wrong
    rm -f kept
    while [ $good -lt "$runs" ] && [ $try -lt $((tries * runs)) ]; do
        try=$((try + 1))
        run_once "tokens=$tokens reasoning=$reasoning $given" "$@"
        jq -s -c --argjson open "$open" --argjson tokens "$tokens" --argjson reasoning "$reasoning" \
            --slurpfile report run.json --slurpfile lines requests.jsonl \
            '$report[0] as $run | '"$(cat "$here/truth.jq")" log >all
        if [ -n "${COUNTS-}" ]; then
            jq -c '.figures | map(select(.exact))' all >kept
            return
        fi
        said=$(judge)
        case $said in
        good) good=$((good + 1)) && jq -c '.figures[]' all >>kept ;;
        wrong*) echo "  WRONG  $name: ${said#wrong: }" && break ;;
        *) disturbed=$((disturbed + 1)) && echo "  DISTURBED  $name: $said; again" ;;
        esac
    done
    [ "$said" = good ] || jq -c '.figures[]' all >>kept
    [ "$code" = "$want" ] || figure "$name: exit code" "$code" == "$want"
    jq -s -c . kept >all && mv all kept
}

# scenario NAME EXIT RATE TOKENS REASONING 'SERVER' OPTIONS...: RATE 0 is a closed loop.
scenario() {
    make_runs "$@"
    note "$name: furthest off" "$(jq -r 'max_by(.off) | "\(.name): said \(.said), true \(.true)"' kept)"
    figure "$name: parts of what is allowed" "$(jq -r '[.[].off] | max * 1000 | round / 1000' kept)" '<=' 1
    figure "$name: figures held against the log" "$(jq '[.[].name] | unique | length' kept)" '>=' 8
}

# Spread, since answers that come at once are read one after the other, 0.1 ms each: the client's own, as its ceiling.
scenario "closed loop" 0 0 5 0 'latency=15 spread=10' --concurrent-users 10 --requests-per-user 150
scenario "open loop" 0 100 5 0 'latency=20' --rate 100 --duration $long
scenario "open loop beyond the capacity" 0 100 5 0 'latency=15 capacity=1' --rate 100 --duration 4s
scenario "streams" 0 0 20 0 'latency=50 gap=10' --concurrent-users 10 --requests-per-user 20 --stream
scenario "streams at a rate" 0 20 20 0 'latency=50 gap=10' --rate 20 --duration $long --stream
scenario "streams that reason" 0 20 20 8 'latency=50 gap=10' --rate 20 --duration $long --stream
scenario "streams that pause" 0 0 20 0 'latency=50 gap=10 pause_every=10 pause=1000' --concurrent-users 10 --requests-per-user 20 --stream
scenario "faults" 0 100 5 0 'latency=20 error_every=20' --rate 100 --duration $long
scenario "a stall" 0 100 5 0 'latency=20 stall_from=2000 stall_to=3000' --rate 100 --duration $long
scenario "an outage" 0 100 5 0 'latency=20 outage_from=1000 outage_to=2500' --rate 100 --duration $long
scenario "limits" 0 100 5 0 'latency=20 error_every=3 status=429 retry_after=30' --rate 100 --duration $long
scenario "one at a time in the client" 70 10 5 0 'latency=200' --rate 10 --duration 4s --concurrency 1
scenario "a straggler" 0 100 5 0 'latency=20 slow_at=250 slow=6000' --rate 100 --duration $long
[ -n "${COUNTS-}" ] || note "runs that the machine disturbed and that were made again" $disturbed
verdict
