# A server that is well and answers 500 to some lines: the good ones are answered, each bad one has its record
# after its attempts, and the job ends. First, last and among the others; alone the bad ones end, too.
lines() { # WORD FIRST LAST
    awk -v w="$1" -v a="$2" -v b="$3" 'BEGIN { for (i = a; i <= b; i++)
        printf "{\"custom_id\":\"%s%d\",\"input_text\":\"%s %d\"}\n", w, i, w, i }'
}
run() { # WHAT GOOD BAD ATTEMPTS EXIT
    expect "$5" timeout 100 "$GLIMPSE" batch in -o records --overwrite --base-url "$URL" --concurrency 64 \
        --max-attempts 3 --base-delay 20ms --summary summary -q
    equal "$1: good" "$(records records '[.[] | select(.glimpse.status == "aligned")] | length')" "$2"
    equal "$1: bad" "$(records records '[.[] | select(.glimpse.status == "server_error")] | length')" "$3"
    equal "$1: attempts of the bad" \
        "$(records records '[.[] | select(.glimpse.status == "server_error") | .glimpse.attempts] | unique | join(",")')" "$4"
}

start_mock --refuse 500:poison
{ lines poison 1 64 && lines good 1 200; } >in
run "bad first" 200 64 3 1
{ lines good 1 100 && lines poison 1 6; } >in
run "bad last" 100 6 3 1
{ lines good 1 100 && lines poison 1 30; } >in
run "many bad last" 100 30 3 1
kill "$MOCK"

# A request that is too long is not asked again, whatever the status.
start_mock --refuse 503:poison
{ lines poison 1 40 && lines good 1 100; } >in
run "503, bad first" 100 40 3 1
