#!/bin/sh
# sh table.sh ROOT RESULTS OUT - the rows of docs/faults.md with what became of their tests, on
# standard output and in OUT. 1 when one failed, was not run, or is not on the page.
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

rows() {
    sed -nE 's/^\| *([0-9]+) *\|(.*)$/\1 \2/p' "$root/docs/faults.md" | while read -r number rest; do
        tests=$(tests_of "$rest")
        [ -n "$tests" ] || printf '%3s  %-8s %s\n' "$number" 'to come' '-'
        for test in $tests; do printf '%3s  %-8s %s\n' "$number" "$(verdict "$test")" "$test"; done
    done
}

{
    echo 'row  result   test'
    rows
} >"$out"
cat "$out"
bad=0
! grep -qE '^ *[0-9]+ +(FAILED|not run) ' "$out" || bad=1
count=$(sed -nE 's/^ *([0-9]+) .*/\1/p' "$out" | sort -u | wc -l)
[ "$count" -eq 53 ] || { echo "$count rows, not 53" && bad=1; }
# Each test of a row stands on the page.
{
    grep -hoE 'cmocka_unit_test\(row_[a-z0-9_]+' "$root"/test/fault/*.c | sed 's/.*(//'
    for script in "$root"/test/fault/row_*.sh; do [ ! -e "$script" ] || basename "$script" .sh; done
} | while read -r claim; do
    grep -qE "[.:]$claim\`" "$root/docs/faults.md" || { echo "docs/faults.md does not name $claim" && exit 1; }
done || bad=1
exit $bad
