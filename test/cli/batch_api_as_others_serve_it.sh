# The Batch API as other endpoints have it: whatever they name late, write otherwise or show again, every line is
# answered and paid for once, and nothing is left beside the output; what stays away ends the job with 75, and the
# next run takes it.
drafts 12 >in

run() { # NAME WANTED-CODE OPTIONS...
    name=$1 wanted_code=$2
    shift 2
    expect "$wanted_code" "$GLIMPSE" batch in -o "$name" --base-url "$URL" --mode api --base-delay 10ms "$@"
}
is_whole() { # NAME
    equal "$1: records" "$(records "$1" '[.[].custom_id] | unique | length')" 12
    equal "$1: statuses" "$(records "$1" '[.[].glimpse.status] | unique | join(",")')" aligned
    equal "$1: batches" "$(mock_stats .batch.batches)" 1
    equal "$1: lines paid for" "$(mock_stats .batch.lines_answered)" 12
    for left in "$1".*; do [ ! -e "$left" ] || fail "$left is left"; done
}

# An error file of no bytes holds no lines (llm-d).
start_mock --batch-latency 20ms --batch-fault empty-errors
run empty 0
is_whole empty

# Content that is not found at first is there a moment later (Anthropic's SDK).
start_mock --batch-latency 20ms --batch-fault lost:3
run late 0
is_whole late

# Content that stays away: 75, one batch; nothing is asked for anew unless that is said.
start_mock --batch-latency 20ms --batch-fault lost:7
run lost 75
says "its answers cannot be had: No such File object" "--resume looks again" "--resume --retry-failed asks, and pays, again"
equal "batches of what is lost" "$(mock_stats .batch.batches)" 1
for left in lost.*.tmp; do [ ! -e "$left" ] || fail "$left is left"; done
run lost 0 --resume
is_whole lost

start_mock --batch-latency 20ms --batch-fault lost:1000000
run paid 75
run paid 75 --resume
equal "batches before it is said" "$(mock_stats .batch.batches)" 1
run paid 1 --resume --retry-failed --max-attempts 2
equal "batches after" "$(mock_stats .batch.batches)" 2

# A file that is looked into first (Azure): a creation that comes too early fails no line.
start_mock --batch-latency 20ms --batch-fault pending:2
run pending 0
is_whole pending
says "its file is not ready"

# Statuses in capitals, no counts.
start_mock --batch-latency 20ms --batch-fault capitals,no-counts
run capitals 0
is_whole capitals
says "completed"
grep -q -- '-1' err && fail "a count that nobody told is shown"

# Ended, with answers, and no file named: looked at again, never made again.
start_mock --batch-latency 20ms --batch-fault unnamed:2
run unnamed 0
is_whole unnamed
start_mock --batch-latency 20ms --batch-fault unnamed:7
run nameless 75
says "does not say which file its answers are in"
run nameless 0 --resume
is_whole nameless

# A list that never changes page ends the search; a batch that may have been made is not made a second time but where
# the user says so.
start_mock --batch-latency 300s --batch-fault same-page
"$GLIMPSE" batch in -o listed --base-url "$URL" --mode api -q 2>err &
job=$!
until_true grep -q created listed.journal
kill -KILL $job
wait $job || :
sed -e '/"created"/d' -e 's/"try":1/"try":7/' listed.journal >edited
cp edited listed.journal
run listed 75 --resume
says "has more to show and does not show it" "look at the endpoint's page"
equal "batches of a list without end" "$(mock_stats .batch.batches)" 1
[ "$(mock_stats .requests)" -lt 40 ] || fail "the list was asked for again and again"
