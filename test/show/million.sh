# 1,000,000 lines of 1,000 distinct requests through `batch` on one core, answered from the cache in
# memory: speed and memory; the same in order; then --resume of all of them, and with a line before all
# others. Needs 2.5 GB below TMPDIR.
. "$(dirname "$script")/figures.sh"
lines=1000000
awk -v n=$lines 'BEGIN { for (i = 1; i <= n; i++) printf "{\"custom_id\":\"r%d\",\"method\":\"POST\"," \
    "\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":" \
    "\"user\",\"content\":\"question number %d\"}],\"max_tokens\":64}}\n", i, i % 1000 }' >in.jsonl
start_mock
core=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
# one_core NAME OPTIONS...: sets took, in seconds, start and end of the process included.
one_core() {
    name=$1
    shift
    began=$(date +%s.%N)
    code=0
    taskset -c "$core" "$GLIMPSE" batch in.jsonl -o out.jsonl --base-url "$URL" --summary summary \
        --quiet "$@" >out 2>err || code=$?
    took=$(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f", b - a }')
    figure "$name: exit code" $code == 0
    figure "$name: records" "$(wc -l <out.jsonl)" == $lines
    figure "$name: resident memory, MB" "$(of '.max_rss_bytes / 1e6 | floor')" '<=' 200
    note "$name: seconds" "$took"
}
one_core "as finished"
figure "as finished: lines a second" "$(awk -v n=$lines -v t="$took" 'BEGIN { printf "%d", n / t }')" '>=' 50000
figure "as finished: requests at the mock" "$(from .requests)" == 1000
one_core "--ordered" --overwrite --ordered
figure "--ordered: lines a second" "$(awk -v n=$lines -v t="$took" 'BEGIN { printf "%d", n / t }')" '>=' 50000
one_core "--resume of all" --resume
lines=$((lines + 1))
{ echo '{"custom_id":"zero","input_text":"first"}' && cat in.jsonl; } >more && mv more in.jsonl
one_core "--resume, each line moved" --resume
figure "requests at the mock, in all" "$(from .requests)" == 2001
verdict
