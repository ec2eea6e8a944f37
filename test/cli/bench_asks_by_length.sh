# Requests made of lengths: what is asked is what the server counts, of each endpoint and class.
quick="--latency 0 --calibrate-first off --validity off --seed 5"

# shellcheck disable=SC2086
for endpoint in chat completions responses embeddings rerank; do
    case $endpoint in
    embeddings | rerank) more='--texts 3' ;;
    *) more='--output-tokens 20-40 --stream --token-rate 0' ;;
    esac
    expect 0 "$GLIMPSE" bench $quick --endpoint $endpoint --input-tokens lognormal:300:900 $more \
        --requests 60 --words-per-token auto --json run.json
    says 'words are a token of this server'
    equal "$endpoint: answered" "$(jq -c '[.totals.by_status.aligned, .totals.attempts]' run.json)" '[60,60]'
    equal "$endpoint: counted within 2 %" "$(jq '.tokens.input | .requests == 60 and (.off | fabs) < 0.02' run.json)" true
    case $endpoint in
    embeddings | rerank) ;;
    *) equal "$endpoint: written" "$(jq -c '.tokens.output.off' run.json)" 0 ;;
    esac
done

# The same seed asks the same, and classes are told apart.
# shellcheck disable=SC2086
for run in one other; do
    expect 0 "$GLIMPSE" bench $quick --requests 200 --json $run.json --html $run.html \
        --class 'chat:weight=3,input=normal:200:50,output=10,stream=on,goodput=ttft<1m' \
        --class 'late:input=50,output=5,goodput=latency<1us' --class 'embed:endpoint=embeddings,model=e,input=40,texts=2'
    jq -c '[.tokens, [.classes[] | [.name, .endpoint, .measured, .prompt_tokens, .good_rate]]]' $run.json >$run.figures
done
cmp one.figures other.figures || fail "the same seed asked something else"
equal "all are of a class" "$(jq '[.classes[].measured] | add' one.json)" 200
equal "each has its own terms" "$(jq -c '[.classes[].good_rate]' one.json)" '[1,0,null]'
equal "by their weights" "$(jq '.classes[0].measured > 100 and .classes[1].measured > 20' one.json)" true
prints 'class  ' 'embed  ' 'lengths'
grep -q 'classes.2.measured' one.html || fail "the page has no classes"

# A conversation's next request has what was said: the prompts grow. Four turns of 50 and 20 tokens
# are 50, 120, 190 and 260 where a request on its own is 50.
# shellcheck disable=SC2086
{
    expect 0 "$GLIMPSE" bench $quick --concurrent-users 2 --requests-per-user 20 --turns 4 \
        --input-tokens 50 --output-tokens 20 --json talk.json
    equal "prompts" "$(jq '.totals.prompt_tokens > 10 * (50 + 120 + 190 + 260)' talk.json)" true
    equal "first turns alone are held against what was asked" "$(jq '.tokens.input.requests' talk.json)" 10
    expect 0 "$GLIMPSE" bench $quick --rate 20 --requests 40 --turns 4 --input-tokens 50 --output-tokens 20 --json talk.json
    equal "an open loop's conversations go on" "$(jq '.totals.sent == 40 and .tokens.input.requests < 40' talk.json)" true
}

# A trace that says lengths is asked as it says.
printf '{"timestamp":0,"input_length":1500,"output_length":5,"hash_ids":[1,2,3]}\n{"timestamp":90,"input_length":1100,"output_length":6}\n' >mooncake
printf 'Timestamp,Model,Request tokens,Response tokens\n5,m,400,7\n5.1,m,300,0\n5.2,m,200,8\n' >burst
# shellcheck disable=SC2086
{
    expect 0 "$GLIMPSE" bench $quick --trace mooncake --json run.json
    equal "mooncake" "$(jq -c '[.totals.sent, .tokens.input.asked, .tokens.output.counted]' run.json)" '[2,2600,11]'
    expect 0 "$GLIMPSE" bench $quick --trace burst --json run.json
    says '1 of the rows have 0 tokens'
    equal "burstgpt" "$(jq -c '[.totals.sent, .tokens.input.asked, .tokens.output.counted]' run.json)" '[2,600,15]'
}

# Nothing that was asked for is off by 0 where nothing was counted.
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench $quick --input-tokens 20 --requests 5 --json run.json
equal "no output was asked for" "$(jq -c '.tokens.output | [.requests, .off, .worst]' run.json)" '[0,null,null]'

# What cannot be meant is refused, and named.
expect 64 "$GLIMPSE" bench --input burst --input-tokens 5
says --input
expect 78 "$GLIMPSE" bench --input-tokens 0
says --input-tokens
expect 78 "$GLIMPSE" bench --ignore-eos
says --ignore-eos --output-tokens
expect 78 "$GLIMPSE" bench --endpoint embeddings --stream
says stream
expect 78 "$GLIMPSE" bench --class a:input=5 --class a:input=6
says --class name
expect 78 "$GLIMPSE" bench --words-per-token 0
says --words-per-token
expect 78 "$GLIMPSE" bench --trace mooncake --class a:input=5
says --class 'a trace with lengths'
expect 64 "$GLIMPSE" bench --trace mooncake --turns 2
says --turns
