# A server that is not there yet: the attempts and waits that the options promise come first, then 69, for one line
# as for many; who comes meanwhile answers all.
start_mock
address=$URL
kill "$MOCK"
for lines in 1 10 64; do
    drafts $lines >in
    expect 69 timeout 100 "$GLIMPSE" batch in -o records --overwrite --base-url "$address" --max-attempts 5 \
        --base-delay 100ms --summary summary -q
    # 100, 200, 400 and 800 ms, each longer by up to a half.
    [ "$(jq '.elapsed_s >= 1.5' summary)" = true ] || fail "$lines lines: gave up after $(jq .elapsed_s summary) s"
    says "could not be reached"
done

port=$(echo "$address" | sed 's,.*:,,; s,/.*,,')
for lines in 1 64; do
    drafts $lines >in
    rm -f log
    "$GLIMPSE" batch in -o late --overwrite --base-url "$address" --base-delay 500ms --max-delay 1s \
        --max-attempts 100 -q \
        --log-level debug --log-file log 2>err &
    batch=$!
    pids="$pids $batch"
    until_true grep -q 'openai_call.*error=connect' log
    start_mock --port "$port"
    code=0
    wait $batch || code=$?
    equal "$lines lines: exit" "$code" 0
    equal "answered" "$(records late '[.[] | select(.glimpse.status == "aligned")] | length')" $lines
    kill "$MOCK"
done
