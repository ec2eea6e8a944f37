# Help is on stdout, exits 0, and tells of every option of the command.
for command in run batch mock key version help; do
    expect 0 "$GLIMPSE" help $command
    cp out first
    [ -s out ] || fail "no help for $command"
    expect 0 "$GLIMPSE" $command --help
    cmp -s out first || fail "--help differs from help for $command"
done
expect 0 "$GLIMPSE" help batch
for option in --concurrency --ordered --strict --summary --overwrite --max-line --job-deadline \
    --deadline --base-url --thresholds OPENAI_API_KEY; do
    grep -q -e "$option" out || fail "help batch does not tell of $option"
done
for code in 0 1 64 65 69 71 73 74 75 77 78 130 143; do
    sed -n '/^Exit codes/,$p' out | grep -qw $code || fail "help batch does not tell of exit $code"
done
expect 0 "$GLIMPSE" --help
grep -q batch out || fail "no commands"

# It fits a terminal of 80 columns, and is grouped.
for command in '' run batch bench mock key cache profile version help; do
    # shellcheck disable=SC2086
    expect 0 "$GLIMPSE" help $command
    wide=$(awk 'length > 80' out)
    [ -z "$wide" ] || fail "help $command is wider than 80 columns: $wide"
done
for command in $("$GLIMPSE" help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    "$GLIMPSE" help "$command" | awk 'length > 80 { exit 1 }' || fail "help $command is too wide"
done
expect 0 "$GLIMPSE" help batch
for group in Output Job Endpoint Drafts Cache 'Retries and load' 'Time limits' Network; do
    grep -qx "$group:" out || fail "help batch has no group $group"
done
