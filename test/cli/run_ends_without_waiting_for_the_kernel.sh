# The kernel takes tens of milliseconds to end a watch on memory and to give back a context for
# asynchronous syncs. `run` asks for neither, unlike `batch`, whose cache can shrink.
start_mock --latency 600s
export OPENAI_BASE_URL="$URL"
asked() { [ "$(mock_stats .requests)" = "$1" ]; }
held() { ls -l "/proc/$1/fd" && cat "/proc/$1/maps"; }

"$GLIMPSE" run --cache-store store.db 'What is a mutex?' >out 2>err &
run=$!
pids="$pids $run"
until_true asked 1
held "$run" >held.run
grep -q 'store\.db' held.run || fail "the store is not open"
! grep -E 'pressure|\[aio\]|memory\.events' held.run || fail "held by run"

drafts 1 >in.jsonl
"$GLIMPSE" batch in.jsonl -o out.jsonl >out 2>err &
batch=$!
pids="$pids $batch"
until_true asked 2
held "$batch" >held.batch
if (: >/proc/pressure/memory) 2>/dev/null; then
    grep -q pressure held.batch || fail "batch watches no memory"
fi
