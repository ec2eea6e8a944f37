# The mock that bench starts has neither the key nor anything else that is for who asks: it would stand in
# /proc for as long as the mock lives.
export OPENAI_API_KEY=sk-canary AZURE_OPENAI_API_KEY=sk-canary2 https_proxy=http://me:sk-canary3@127.0.0.1:9
"$GLIMPSE" bench --latency 5s --requests 1 --concurrent-users 1 --calibrate-first off -q >out 2>err &
bench=$!
pids="$pids $bench"
mock_of() { mock=$(cat "/proc/$bench/task/$bench/children") && [ -n "$mock" ] && grep -qz mock "/proc/${mock% }/cmdline"; }
until_true mock_of
tr '\0' '\n' <"/proc/${mock% }/environ" >environ
grep -q '^PATH=' environ || fail "its environment cannot be seen"
! grep canary environ || fail "the mock has the key"
kill "$bench"
wait "$bench" || :
