#!/bin/sh
# The program at the head of glimpse.h and of the README is the one that is kept as an example; with no key it answers
# on this machine, and asks the endpoint that the environment names.
. "$(dirname "$0")/lib.sh"

# Both without comment marks and blanks: clang-format wraps the file, not the comment.
sed -n '/^ \*     #include <event2/,/^ \* It is kept/p' "$root/core/include/glimpse/glimpse.h" |
    sed '$d; s/^ \*//' | tr -d ' \n' >"$scratch/in_header"
sed '/^\/\*.*\*\/$/d' "$root/docs/examples/twenty_lines.c" | tr -d ' \n' >"$scratch/in_file"
[ -s "$scratch/in_header" ] || die "no program found in glimpse.h"
cmp "$scratch/in_header" "$scratch/in_file" || die "glimpse.h and twenty_lines.c differ"
sed -n '/^```c$/,/^```$/p' "$root/README.md" | sed '/^```/d' | tr -d ' \n' >"$scratch/in_readme"
cmp "$scratch/in_readme" "$scratch/in_file" || die "README.md and twenty_lines.c differ"

"$examples/example_twenty_lines" >"$scratch/local"
lines_fit "$scratch/local" '^aligned: \.\.\.$'

start_mock
"$examples/example_twenty_lines" >"$scratch/asked"
lines_fit "$scratch/asked" '^aligned: .'

# The local sampler would have answered here too: the endpoint is really asked.
OPENAI_BASE_URL=$OPENAI_BASE_URL/nowhere "$examples/example_twenty_lines" >"$scratch/refused"
lines_fit "$scratch/refused" '^not_found: .*'
