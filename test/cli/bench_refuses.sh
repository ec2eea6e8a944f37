# What makes no sense is refused before anything is started, and named.
refuse() { # code, words said..., --, options
    code=$1
    shift
    words=
    while [ "$1" != -- ]; do words="$words $1" && shift; done
    shift
    expect "$code" "$GLIMPSE" bench "$@"
    # shellcheck disable=SC2086
    says $words
}
refuse 78 --rate number -- --rate fast
refuse 78 --rate ramp -- --rate 0-100
refuse 78 --rate last -- --rate 100,200:1s
refuse 78 --rate never -- --rate 0 --duration 1s
refuse 78 --rate --duration -- --rate 100
refuse 78 --rate duration -- --rate 100:x
refuse 78 --cooldown --duration -- --cooldown 1s
refuse 78 --warmup --duration -- --warmup 2s --duration 2s
refuse 78 --sla p97 -- --sla 'p97<1s'
refuse 78 --sla duration -- --sla 'p95<fast'
refuse 78 --sla unit -- --sla 'p95<2500'
refuse 78 --sla unit -- --sla 'p95<.ms'
refuse 78 --goodput unit -- --goodput 'latency<2500'
refuse 78 --sla part -- --sla 'error_rate<500%'
refuse 78 --sla NAME -- --sla 'p95'
refuse 78 --goodput none -- --goodput 'p95<1s'
refuse 78 --goodput --stream -- --goodput 'ttft<1s'
refuse 78 --sla --goodput -- --sla 'goodput>1'
refuse 78 --pool-ratio -- --pool-ratio 2
refuse 78 --arrival -- --arrival uniform
refuse 78 --latency -- --latency slow
refuse 64 --latency --base-url -- --latency 1s --base-url http://127.0.0.1:9/v1
refuse 64 unexpected -- word
# Nothing that was asked for is passed over: an option of another kind of run, or one that needs another.
refuse 64 --concurrent-users --rate 'closed loop' -- --rate 5 --duration 1s --concurrent-users 3
refuse 64 --requests-per-user --trace -- --trace times --requests-per-user 3
refuse 64 --think --rate -- --rate 5 --duration 1s --think 1s
refuse 64 --sla --saturate -- --saturate --sla 'p95<1s'
refuse 64 --percentiles --sweep -- --sweep --sla 'p95<1s' --percentiles 50
refuse 64 --arrival --sweep -- --arrival poisson
refuse 64 '--saturate and --sweep are two things' -- --saturate --sweep --sla 'p95<1s'
refuse 78 --arrival-shape '(0.01 to 1000)' -- --rate 5 --duration 1s --arrival gamma --arrival-shape 0
refuse 64 --stream --playbook -- --playbook --stream
refuse 64 --latency --calibrate -- --calibrate --latency 1s
refuse 64 --rate --compare -- --compare --rate 5 a.json b.json
refuse 64 --api-key-file --base-url -- --api-key-file none
refuse 64 --proxy --base-url -- --proxy http://127.0.0.1:1
refuse 64 --latency '--sampler local' -- --sampler local --latency 1s
expect 0 "$GLIMPSE" bench --sweep=off --requests 1 --latency 0 --calibrate-first off --validity off
refuse 64 --arrival-shape gamma -- --rate 5 --duration 1s --arrival-shape 2
refuse 64 --scrape-series --scrape -- --scrape-series a
refuse 64 --pool-size --pool-ratio -- --input-tokens 5 --pool-size 3
refuse 64 --max-tokens --output-tokens -- --input-tokens 5 --max-tokens 3
refuse 64 --output-tokens --omit -- --input-tokens 5 --output-tokens 5 --omit max_tokens
printf '{"model":"m","messages":[{"role":"user","content":"a"}]}\n' >bodies
for option in --stream '--max-tokens 5' '--model x' '--temperature 0' '--omit temperature'; do
    # shellcheck disable=SC2086
    refuse 64 ${option%% *} --input -- --input bodies $option
done
printf '{"input_text":"a"}\n' >>bodies
expect 0 "$GLIMPSE" bench --input bodies --stream --token-rate 0 --requests 4 --latency 0 --calibrate-first off --validity off
refuse 64 --cache-ttl --cache-size -- --cache-ttl 5s
refuse 64 --coalesce --cache-size -- --coalesce on
refuse 64 --base-delay --max-attempts -- --base-delay 5s
refuse 64 --alert-hold --alerts -- --alerts off --alert-hold 5s
refuse 64 --ttft --stream -- --ttft 5s
refuse 64 --queue --capacity -- --queue 5
refuse 64 --goodput good_rate -- --sweep --sla 'p95<1s' --goodput 'latency<1s'
printf '{"timestamp":1,"input_length":5,"output_length":5}\n' >rows
refuse 64 --input-tokens lengths -- --trace rows --input-tokens 5
# A file may serve several kinds of runs: what it says of another one is told.
printf 'concurrent-users = 3\ncache-ttl = 5s\n' >recipe
expect 0 "$GLIMPSE" bench --config recipe --rate 50 --requests 3 --latency 0 --calibrate-first off --validity off
says 'warning: recipe: concurrent-users is passed over: it says nothing of an open loop (--rate); it is of a closed loop'
! grep -q cache-ttl err || fail "what is for other commands is told"
# No report is written over another one, and none over a file that is read.
printf '0\n' >times.jsonl
printf '{"input_text":"a"}\n' >drafts.jsonl
ln -s drafts.jsonl link
refuse 64 --requests --json -- --requests 3 --requests new.jsonl --json ./new.jsonl
refuse 64 --json --markdown -- --requests 3 --json new --markdown "$PWD/new"
refuse 64 --requests 'write over --trace' -- --trace times.jsonl --requests times.jsonl
refuse 64 --json 'write over --input' -- --input drafts.jsonl --json link
refuse 64 --html 'write over --config' -- --config recipe --html recipe
equal "they are as they were" "$(cat times.jsonl drafts.jsonl)" '0
{"input_text":"a"}'
for run in a b; do
    expect 0 "$GLIMPSE" bench --requests 3 --latency 0 --calibrate-first off --validity off -q --json $run.json
done
cp a.json kept
refuse 64 --json 'write over' -- merge a.json b.json --json ./a.json
refuse 64 --html 'write over' -- --compare b.json,a.json b.json --html a.json
cmp a.json kept || fail "a report was written over"
# 0 is a number like another one, and none of these takes it.
refuse 78 --requests 'at least 1' -- --requests 0
refuse 78 --requests 'at least 1' -- --requests 00
refuse 78 --requests 'two numbers' -- --requests 5 --requests 6
refuse 78 --abort-on --goodput -- --abort-on 'good_rate<50%'
refuse 78 --turns number -- --turns 0
refuse 78 --duration 'longer than 0' -- --duration 0
refuse 78 --duration 'longer than 0' -- --rate 5 --duration 0s
refuse 69 reached http://127.0.0.1:9/v1 connect -- --base-url http://127.0.0.1:9/v1 --requests 2 --calibrate-first off --max-attempts 1
expect 74 "$GLIMPSE" bench --latency 0 --requests 2 --calibrate-first off --validity off --json /none/run.json
says --json /none/run.json
