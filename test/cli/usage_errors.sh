# What is no command or option is exit 64, with a hint.
expect 64 "$GLIMPSE"
says 'glimpse help'
expect 64 "$GLIMPSE" frobnicate
says frobnicate 'glimpse help'
! grep -q 'did you mean' err || fail "a command that is like none has a hint"
expect 64 "$GLIMPSE" bacth in -o out.jsonl
says "unknown command 'bacth' (did you mean 'batch'?)"
expect 64 "$GLIMPSE" help bnech
says "did you mean 'bench'?"
expect 64 "$GLIMPSE" --base-url http://127.0.0.1:9/v1 run hello
says 'options go behind it'
expect 64 "$GLIMPSE" batch --concurency 5 in -o out.jsonl
says --concurency --concurrency 'glimpse help batch'
expect 64 "$GLIMPSE" run --thresholds
says --thresholds
expect 64 "$GLIMPSE" batch in
says -o
expect 64 "$GLIMPSE" batch -o out.jsonl
says INPUT
expect 64 "$GLIMPSE" batch one two -o out.jsonl
says two
expect 64 "$GLIMPSE" run --api-key sk-secret hello
! grep -q sk-secret err || fail "the key is shown"
says OPENAI_API_KEY '--api-key-file FILE'
expect 64 "$GLIMPSE" batch in -o out.jsonl --https-proxy=http://127.0.0.1:9
says https_proxy
expect 64 "$GLIMPSE" help frobnicate
for later in --stream; do
    expect 64 "$GLIMPSE" batch in -o out.jsonl $later 1
done
expect 64 "$GLIMPSE" batch in -o out.jsonl --stream
says '"stream": true'
! grep -q 'did you mean' err || fail "another option is offered"
