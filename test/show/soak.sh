# Ten minutes of 200 callers: 20 % streams, 5 % faults of the endpoint, 5 % of the callers leave, 10 % ask what another
# asked just before. No answer is lost, none is another's, the endpoint answers no text twice, and the memory at the
# end is that after a minute. SECONDS_LONG makes it shorter; REQUESTS ends it by count and leaves the memory out: a test.
. "$(dirname "$script")/figures.sh"
. "$(dirname "$script")/crowd.sh"
long=${SECONDS_LONG:-600}
KEY=$(new_key app)
keys_file
start_mock --latency lognormal:300ms:900ms --token-rate 100 --journal 20000 --require-key $SECRET \
    --fault 500:1%,503:1%,429:1%,reset:1%,truncate:1%
[ -z "${REQUESTS-}" ] || tap wire
start_serve --access-log access.log --metrics 127.0.0.1:0 --keys keys.json --drain 10s --concurrency 512 --cache-size 2000 --cache-store answers.db --base-delay 10ms
if [ -n "${REQUESTS-}" ]; then
    set -- requests="$REQUESTS"
else
    set -- seconds="$long" pid="$SERVE" warm=$((long / 10))
fi
crowd callers=200 stream=20 leave=5 shared=10 first=1 key="$KEY" patience_us=400000 seed="${SEED:-1}" "$@"
note "questions" "$(counted .asked)"
note "of them answered" "$(counted .answered)"
note "callers that left" "$(counted .left)"
note "streams that an error of the endpoint cut" "$(counted .cut)"
note "requests at the mock" "$(from .requests)"
note "faults that they met" "$(counted .upstream.faults)"
figure "cut, and met by no fault" "$(counted '[0, .cut - .upstream.faults] | max')" == 0
figure "questions without an end" "$(counted '.asked - .answered - .left - .cut - .refused - .wrong - .lost')" == 0
nothing_lost
if [ -z "${REQUESTS-}" ]; then
    note "requests that ended with their caller" "$(counted .upstream.ended_early)"
    note "of them more than 100 ms later" "$(counted .upstream.late)" # serve_leavers judges it, on a quiet machine
    note "memory after the warm-up, KiB" "$(counted .memory_kib.first)"
    note "memory at most, KiB" "$(counted .memory_kib.most)"
    figure "memory grown since, KiB" "$(counted '.memory_kib.last - .memory_kib.first')" '<=' 2048
    figure "memory at most above that, KiB" "$(counted '.memory_kib.most - .memory_kib.first')" '<=' 2048
fi
curl -sS -m 60 -o metrics "$(sed -n 's/.*metrics at //p' serve.err)"
curl -sS -m 60 -o page "http://127.0.0.1:$PORT/"
kill -s TERM "$SERVE"
end_serve "$SERVE"
figure "lines in the access log" "$(wc -l <access.log)" '>=' "$(counted .answered)"
no_keys_in serve.out serve.err access.log metrics page answers.db*
verdict
