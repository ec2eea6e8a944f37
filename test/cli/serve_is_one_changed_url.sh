# The lines of the README that ask the gateway by one changed URL, as they stand there: each gets its answer. Those of
# Python and Node are run where their SDK is.
start_mock --token-rate 0
"$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --drain 0 --base-url "$URL" >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true test -s serve.out
readme=${script%/*}/../../README.md
sed -n '/^Any client asks/,/^```$/p' "$readme" | sed -n '/^```sh$/,/^```$/p' | sed '1d;$d' >lines
equal 'lines' "$(cut -d' ' -f1 lines | tr '\n' ' ')" 'python3 node curl '
export OPENAI_API_KEY=sk-of-anybody

# run PROGRAM: its line, with the port that is free here.
run() {
    grep "^$1 " lines | sed "s/127\.0\.0\.1:8080/127.0.0.1:$(cat sport)/" >line.sh
    sh line.sh >out 2>err || fail "$1: exit $?"
}
run curl
equal curl "$(jq -r '.choices[0].message.content' out)" Hello
if python3 -c 'import openai' 2>err; then
    run python3
    equal python3 "$(cat out)" Hello
else
    echo 'no Python SDK here: its line was not run' >&2
fi
kept=$(dirname "$GLIMPSE")/npm/sdk
if command -v node >/dev/null && [ -d "$kept/node_modules/openai" ]; then
    ln -s "$kept/node_modules" node_modules
    run node
    equal node "$(cat out)" Hello
else
    echo 'no Node SDK here (serve_serves_clients_from_npm fetches it): its line was not run' >&2
fi
# They ask the same, so the endpoint was asked once.
equal 'requests at the mock' "$(mock_stats .requests)" 1
