# coreutils' timeout signals its child twice within milliseconds. Signals that come while the output and the
# summary are closed leave both whole, and the exit code is that of how the job ended.
drafts 20 >in
start_mock --latency 300ms --batch-latency 50ms

# closes_whole SIGNAL CODE OPTIONS...: two of the signal at each close of the output and sync of the summary.
closes_whole() {
    number=$1 wanted=$2
    shift 2
    rm -rf out.jsonl* summary.json
    LD_PRELOAD=$FAULT_SHIM FAULT_SIGNAL=$number "$GLIMPSE" batch in -o out.jsonl --base-url "$URL" --summary summary.json \
        "$@" >out 2>err &
    job=$!
    pids="$pids $job"
    if [ "$wanted" != 0 ]; then
        until_true grep -q '[1-9]' out.jsonl
        kill -s "$number" "$job" && { kill -s "$number" "$job" || :; }
    fi
    code=0
    wait "$job" || code=$?
    equal "exit after signal $number" "$code" "$wanted"
    equal "exit in the summary" "$(jq .exit summary.json)" "$wanted"
    equal "lines done" "$(jq .done summary.json)" "$(records out.jsonl length)"
}

for signal in 1:129 2:130 15:143; do
    closes_whole "${signal%:*}" 0
    closes_whole "${signal%:*}" "${signal#*:}" --concurrency 2
done
equal "done by a whole run" "$(closes_whole 15 0 && jq .done summary.json)" 20
closes_whole 15 0 --mode api
