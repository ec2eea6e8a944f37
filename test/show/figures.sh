# figures.sh - for the scripts beside it, which source it: figures, and what they must be.
failed=0

# figure WHAT VALUE OP LIMIT: prints it; OP is one of == <= >= <.
figure() {
    if awk -v a="$2" -v b="$4" "BEGIN { exit !(a $3 b) }"; then
        mark=PASS
    else
        mark=FAIL
        failed=1
    fi
    printf '  %s  %-50s %10s  (%s %s)\n' $mark "$1" "$2" "$3" "$4"
}

# note WHAT VALUE: a figure that nothing depends on.
note() {
    printf '        %-50s %10s\n' "$1" "$2"
}

# run_batch OPTIONS...: with in.jsonl, records to out.jsonl, the summary to summary; sets $code.
run_batch() {
    code=0
    "$GLIMPSE" batch in.jsonl -o out.jsonl --base-url "$URL" --concurrency 64 --summary summary \
        --log-level error --quiet "$@" 2>err || code=$?
    [ ! -s err ] || sed 's/^/        stderr: /' err | head -5
}

# of FILTER: of the summary; from FILTER: of the mock's count.
of() { jq "$1" summary; }
from() { mock_stats "$1"; }

# records_of FILTER: how many records it holds for.
records_of() { jq "select($1) | 1" out.jsonl | wc -l; }

verdict() { [ $failed = 0 ]; }
