# --sampler openai for api.openai.com without a key is refused, never a silent fall back.
expect 78 "$GLIMPSE" run --sampler openai hello
says OPENAI_API_KEY
one_line
equal stdout "$(cat out)" ""
