# A streamed body has the record of a plain one, its response merged; a cut stream is tried again,
# since nobody has seen its text, and the last failure keeps what came.
start_mock --token-rate 0
body='{"model":"m","messages":[{"role":"user","content":"One two three four."}]'
cat >in <<LINES
{"custom_id":"stream","body":$body,"stream":true,"stream_options":{"include_usage":true}}}
{"custom_id":"plain","body":$body}}
LINES
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --ordered --cache-size 0
equal object "$(records records '.[0].response.body.object')" chat.completion
equal text "$(records records '.[0].response.body.choices[0].message.content')" \
    "$(records records '.[1].response.body.choices[0].message.content')"
equal usage "$(records records '[.[].glimpse.usage] | (.[0] == .[1])')" true
equal keys "$(records records '[.[].glimpse.key] | unique | length')" 1
equal times "$(records records '[.[].glimpse.first_token_ms | type] | join(",")')" number,null
equal extras "$(records records '[.[].glimpse | has("partial"), has("no_done")] | any')" false
kill "$MOCK"

start_mock --token-rate 0 --fault truncate:100%
head -1 in >cut
expect 1 "$GLIMPSE" batch cut -o cut.out --base-url "$URL" --max-attempts 3 --base-delay 1ms
equal code "$(records cut.out '.[0].error.code')" stream_truncated
equal partial "$(records cut.out '.[0].glimpse.partial')" 'One two'
equal body "$(records cut.out '.[0].response.body')" null
equal attempts "$(records cut.out '.[0].glimpse.attempts')" 3
equal requests "$(mock_stats .requests)" 3
