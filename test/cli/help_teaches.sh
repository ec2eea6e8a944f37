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
