# A sync of the output that fails is 74, whatever the reason, but where the file says that there is nothing to sync; one
# that was interrupted is tried again. A file that cannot be locked is refused unless --no-lock says so.
start_mock
drafts 5 >in
run() { LD_PRELOAD=$FAULT_SHIM FAULT_IO="$1" "$GLIMPSE" batch in -o out.jsonl --overwrite -q --base-url "$URL"; }
for errno in 5 30 107 116 28; do # EIO, EROFS, ENOTCONN, ESTALE, ENOSPC
    expect 74 run "sync:1:$errno"
    says "cannot write"
done
for errno in 22 95; do # EINVAL, ENOTSUP
    expect 0 run "sync:1:$errno"
done
rm out.jsonl
expect 0 run "interrupted:1:4"
equal records "$(records out.jsonl length)" 5
rm out.jsonl
expect 74 run "lock:1:37" # ENOLCK
says "cannot be locked" --no-lock
[ ! -s out.jsonl ] || fail "it was written"
expect 0 env LD_PRELOAD="$FAULT_SHIM" FAULT_IO=lock:1:37 "$GLIMPSE" batch in -o out.jsonl --no-lock -q --base-url "$URL"
equal records "$(records out.jsonl length)" 5
# Two jobs through batches would pay twice: not without a lock either.
mkdir api
expect 74 env LD_PRELOAD="$FAULT_SHIM" FAULT_IO=lock:1:37 "$GLIMPSE" batch in -o api/out.jsonl --mode api -q \
    --base-url "$URL"
says "cannot be locked"
equal "batches" "$(mock_stats .batch.batches)" 0
