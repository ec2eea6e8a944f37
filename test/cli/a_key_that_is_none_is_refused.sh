# A key with a line break in it, or in the quotes that docker --env-file keeps, is refused by the name of
# where it came from, and never shown. Other values that come by such files are as well.
refused() {
    why=$1
    shift
    expect 78 "$@"
    says "$why"
    one_line
    ! grep -q sk- err || fail "the key is shown"
}
refused 'OPENAI_API_KEY: holds a line break' env "OPENAI_API_KEY=$(printf 'sk-first\nsk-second')" "$GLIMPSE" run hello
printf 'sk-first\nsk-second\n' >key
refused '--api-key-file: the key holds a line break' "$GLIMPSE" run --api-key-file key hello
refused '--api-key-file: cannot read' "$GLIMPSE" run --api-key-file nothing-there hello

quotes='stands in quotes'
refused "OPENAI_API_KEY: $quotes" env 'OPENAI_API_KEY="sk-quoted"' "$GLIMPSE" run hello
refused "OPENAI_API_KEY: $quotes" env "OPENAI_API_KEY='sk-quoted'" "$GLIMPSE" run hello
printf '"sk-quoted"\n' >key
refused "--api-key-file: the key $quotes" "$GLIMPSE" run --api-key-file key hello
refused "AZURE_OPENAI_API_KEY: $quotes" env 'AZURE_OPENAI_API_KEY="sk-quoted"' "$GLIMPSE" run \
    --azure-deployment d --api-version v --base-url http://127.0.0.1:9 hello
export OPENAI_API_KEY=sk-good
for name in OPENAI_ORG_ID OPENAI_PROJECT_ID OPENAI_API_VERSION GLIMPSE_MODEL GLIMPSE_CACHE_STORE https_proxy; do
    refused "$name: $quotes" env "$name=\"value\"" "$GLIMPSE" run hello
done
refused OPENAI_BASE_URL env 'OPENAI_BASE_URL="http://127.0.0.1:9/v1"' "$GLIMPSE" run hello
