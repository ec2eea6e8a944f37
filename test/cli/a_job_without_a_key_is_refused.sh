# Without a key and a base URL a person who runs one draft gets the local sampler's answer, and is told
# once. A job is refused: a script would take its stand-ins for a model's answers. What was made without
# a model is no answer to a job that asks one.
expect 0 "$GLIMPSE" run 'The quick brown fox'
one_line
says "local sampler"
[ -s out ] || fail "no answer"
expect 0 "$GLIMPSE" run --sampler local 'The quick brown fox'
equal stderr "$(cat err)" ""

drafts 5 >in
refused() {
    expect 78 "$@"
    one_line
    says 'no key for api.openai.com' OPENAI_API_KEY --base-url '--sampler local'
}
refused "$GLIMPSE" batch in -o records --cache-store store --log-file log
refused "$GLIMPSE" batch in -o records --sampler auto
refused env OPENAI_BASE_URL=https://api.openai.com/v1/ "$GLIMPSE" batch in -o records
refused env OPENAI_BASE_URL=https://api.openai.com/v1 "$GLIMPSE" bench
for made in records store log; do [ ! -e $made ] || fail "$made was made"; done

# Said in words, it is what was wanted.
printf '%s\n' '{"custom_id":"twice","input_text":"text number 1"}' >>in
expect 0 env GLIMPSE_USE_OPENAI=no "$GLIMPSE" batch in -o records
equal sources "$(records records '[.[].glimpse.source] | unique | join(",")')" local
head -n 5 records >five
cp five records
expect 0 "$GLIMPSE" batch in -o records --resume --sampler local
says '5 records stand, 1 answers serve other lines, 0 old records dropped'
equal sources "$(records records '[.[].glimpse.source] | unique | join(",")')" local

# With an endpoint each of them is asked.
start_mock
expect 0 "$GLIMPSE" batch in -o records --resume --base-url "$URL" --summary summary --concurrency 1
says '0 records stand' '6 old records dropped' '6 of the dropped were made without a model'
equal asked "$(mock_stats .requests)" 5
equal sources "$(records records '[.[].glimpse.source] | unique | join(",")')" cache,live
equal resumed "$(jq .resumed summary)" 0
# And what a model has answered is nothing to throw away, whoever answers now.
expect 0 "$GLIMPSE" batch in -o records --resume --sampler local
says '6 records stand'
