# Batch-format lines go out as written, drafts as a request of ours; each has its record.
start_mock
cat >in <<'LINES'
{"custom_id":"raw","method":"POST","url":"/v1/chat/completions","body":{"model":"raw-model","messages":[{"role":"user","content":"hi"}]}}
{"custom_id":"draft","input_text":"hello there","goal":"greet","constraints":"short"}
{"custom_id":"embed","method":"POST","url":"/v1/embeddings","body":{"model":"e","input":"x"}}
{"body":{"model":"m2","messages":[{"role":"user","content":"no id"}]}}
LINES
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --ordered
equal ids "$(records records '[.[].custom_id] | join(",")')" raw,draft,embed,4
equal model "$(records records '.[0].response.body.model')" raw-model
equal model "$(records records '.[1].glimpse.model')" gpt-4o-mini
equal "key of the raw body" "$(records records '.[0].glimpse.key')" \
    "$(jq -c 'select(.custom_id == "raw").body' in | "$GLIMPSE" key)"
equal status "$(records records '[.[].response.status_code] | unique | join(",")')" 200
