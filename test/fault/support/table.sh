#!/bin/sh
# sh table.sh ROOT RESULTS OUT - the rows of docs/faults.md with what became of their tests and which
# invariants each has checked, on standard output and in OUT. 1 when one failed, was not run, or is
# not on the page, and when a row has no test, or a test of test/fault a run, without all nine.
set -eu
export LC_ALL=C
root=$1
results=$2
out=$3

# The tests that a row names: `kind.file:claim`, or `kind.file` for one that is a script.
tests_of() {
    printf '%s\n' "$1" | grep -oE '`(unit|engine|net|fault|cli)\.[a-z0-9_]+(:[a-z0-9_]+)?`' | tr -d '`' || :
}

verdict() { # kind.file[:claim]
    file=$results/${1%%:*}
    if [ ! -f "$file" ]; then
        echo 'not run'
    elif [ "${1#*:}" = "$1" ]; then
        if [ "$(tail -n 1 "$file")" = 'exit 0' ]; then echo passed; else echo FAILED; fi
    elif grep -qE "\[ +OK \] ${1#*:}\$" "$file"; then
        echo passed
    elif grep -qE "\[ +RUN +\] ${1#*:}\$" "$file"; then
        echo FAILED
    else
        echo 'not run'
    fi
}

# What the runs of a test of test/fault said (batch_end of batch_run.c): that all nine hold.
invariants() { # kind.file[:claim]
    file=$results/${1%%:*}
    runs=0
    [ ! -f "$file" ] || runs=$(sed -n "/\[ *RUN *\] ${1#*:}\$/,/\[ *[A-Z]* *\] ${1#*:}\$/p" "$file" |
        grep -c '^invariants I1 to I9 hold: ') || :
    if [ "$runs" -gt 0 ]; then echo 'I1-I9'; else echo '-'; fi
}

rows() {
    sed -nE 's/^\| *([0-9]+) *\|(.*)$/\1 \2/p' "$root/docs/faults.md" | while read -r number rest; do
        tests=$(tests_of "$rest")
        [ -n "$tests" ] || printf '%3s  %-8s %-10s %s\n' "$number" 'to come' '-' '-'
        for test in $tests; do
            printf '%3s  %-8s %-10s %s\n' "$number" "$(verdict "$test")" "$(invariants "$test")" "$test"
        done
    done
}

{
    echo 'row  result   invariants test'
    rows
} >"$out"
cat "$out"
bad=0
! grep -qE '^ *[0-9]+ +(FAILED|not run) ' "$out" || bad=1
count=$(sed -nE 's/^ *([0-9]+) .*/\1/p' "$out" | sort -u | wc -l)
[ "$count" -eq 53 ] || { echo "$count rows, not 53" && bad=1; }
# All nine in each run of test/fault, and in each row but those that wait for a part to come.
if grep -E '^ *[0-9]+ +passed +- +fault\.' "$out"; then
    echo 'without the invariants' && bad=1
fi
for row in $(seq 1 34) 37 38 39 40 43 44 45; do
    grep -qE "^ *$row +passed +I1-I9 " "$out" || { echo "row $row: no test with all invariants" && bad=1; }
done
# Each test of a row stands on the page.
{
    grep -hoE 'cmocka_unit_test\(row_[a-z0-9_]+' "$root"/test/fault/*.c | sed 's/.*(//'
} | while read -r claim; do
    grep -qE "[.:]$claim\`" "$root/docs/faults.md" || { echo "docs/faults.md does not name $claim" && exit 1; }
done || bad=1
exit $bad
