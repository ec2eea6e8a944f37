# run and bench over the file of endpoints: by the name that a model has there, to the next group when the first is
# down, and not to a mock of bench's own; the Batch API is for one endpoint.
start_mock
mv port well
start_mock --refuse 503
mv port dead
address() { printf 'http://127.0.0.1:%s/v1' "$(cat "$1")"; }
asked() { cp "$1" port && mock_stats .requests; }
cat >endpoints.json <<END
{"endpoints": [{"name": "first", "base_url": "$(address dead)"},
               {"name": "second", "base_url": "$(address well)", "models": {"fast": "slow"}}],
 "routes": [{"model": "fast", "try": ["first", "second"]}]}
END
expect 0 "$GLIMPSE" run --endpoints endpoints.json --model fast --json hello
equal endpoint "$(jq -r .glimpse.endpoint out)" second
equal model "$(jq -r .response.body.model out)" slow
equal attempts "$(jq -c '[.glimpse.log[].endpoint]' out)" '["first","second"]'
expect 1 "$GLIMPSE" run --endpoints endpoints.json --model other --fallback off hello
says "no endpoint serves the model 'other'" "'fast'"
one_line

before=$(asked well)
expect 0 "$GLIMPSE" bench --endpoints endpoints.json --model fast --client engine --cache bypass --requests 20 \
 --rate 100 --validity off --json report.json -q
equal 'answered by the second' "$(($(asked well) - before))" 20

printf '{"custom_id": "1", "input_text": "hello"}\n' >in
expect 78 "$GLIMPSE" batch in -o records --endpoints endpoints.json --mode api
says '--mode api: --endpoints is for jobs online'
