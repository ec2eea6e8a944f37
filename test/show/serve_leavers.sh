# COUNT callers (1,000) that leave before the head of their answer, as many before the first token of a stream, as many
# in its middle, half of them by a reset: the gateway ends each request to the endpoint within 100 ms, by the mock's
# count. With --on-disconnect finish all answers are in the cache. EXACT=1 leaves the 100 ms out: a test.
. "$(dirname "$script")/figures.sh"
. "$(dirname "$script")/crowd.sh"
count=${COUNT:-1000}
start_mock --latency 600s --ttft 600s --token-rate 10 --journal 20000 --require-key $SECRET

# ended NAME CROWD-OPTIONS...
ended() {
    name=$1
    shift
    crowd callers=200 requests="$count" leave=100 least_us=100000 patience_us=300000 "$@"
    figure "$name: questions" "$(counted .asked)" == "$count"
    figure "$name: callers that left" "$(counted .left)" == "$count"
    note "$name: of these, the endpoint had begun" "$(counted .upstream.seen)"
    figure "$name: requests that ended with their caller" "$(counted .upstream.ended_early)" == "$(counted .upstream.seen)"
    [ -n "${EXACT-}" ] || figure "$name: ended more than 100 ms later" "$(counted .upstream.late)" == 0
    note "$name: ended at most so many ms later" "$(counted .upstream.late_most_ms)"
}

start_serve --drain 0 --concurrency 512
[ -n "${EXACT-}" ] || before_others "$MOCK" "$SERVE"
ended 'before the head' first=1000000
ended 'before the first token' first=2000000 stream=100 middle=0
set_mock '{"latency":"20ms","ttft":"20ms"}'
ended 'in the middle' first=3000000 stream=100 middle=100 words=200
figure "stats of the mock: callers that left" "$(from .left)" '>=' "$count"
kill -s TERM "$SERVE"
end_serve "$SERVE"

set_mock '{"latency":"500ms","ttft":"500ms","token-rate":200}'
start_serve --drain 0 --concurrency 512 --on-disconnect finish --cache-size 10000
for form in 0 100; do
    crowd callers=200 requests="$count" leave=100 first=$((4000000 + form * 10000)) stream=$form middle=0 words=20 \
        least_us=100000 patience_us=400000
    seen=$(counted .upstream.seen) left=$(counted .left)
    note "finish, streams $form %: the endpoint was asked for" "$seen"
    if [ -n "${EXACT-}" ]; then
        note "finish, streams $form %: callers that left" "$left"
    else
        figure "finish, streams $form %: callers that left" "$left" '>=' "$((count * 95 / 100))"
    fi
    crowd callers=50 requests="$count" first=$((4000000 + form * 10000)) stream=$form words=20 \
        header='Cache-Control: only-if-cached'
    figure "finish, streams $form %: then in the cache" "$(counted .answered)" == "$seen"
done
kill -s TERM "$SERVE"
end_serve "$SERVE"
verdict
