# A value that is refused is exit 78 and names its option.
refuse() { expect 78 "$GLIMPSE" run "$@" hello && says "$1" && one_line; }
refuse --thresholds 2500,1500,4000,6000
refuse --thresholds 1,2,3
refuse --cache-ttl -5
refuse --cache-ttl 99999999999999999999h
refuse --timeout soon
refuse --cache-bytes 1T
refuse --concurrency 0
refuse --concurrency 1e3
refuse --max-attempts 1001
refuse --temperature 3
refuse --http 3
refuse --fallback perhaps
refuse --ca-file nothing-there
refuse --header 'no colon'
refuse --proxy foo://bar
refuse --base-delay 25h
if "$GLIMPSE" version | grep -q '^libcurl 7'; then # it has HTTP/2 over TLS only
    expect 78 "$GLIMPSE" run --base-url http://127.0.0.1:1/v1 --http 2 hello
    says --http
fi
http_proxy='http://no proxy' expect 78 "$GLIMPSE" run --base-url http://127.0.0.1:1/v1 hello
says http_proxy
GLIMPSE_THRESHOLDS=4,3,2,1 expect 78 "$GLIMPSE" run hello
says GLIMPSE_THRESHOLDS
GLIMPSE_USE_OPENAI=perhaps expect 78 "$GLIMPSE" run hello
says GLIMPSE_USE_OPENAI
