#!/bin/sh
# Turns the long descriptions of the packages installed on this machine into drafts, one JSON object
# a line, for `glimpse batch`:
#
#     sh docs/examples/package-descriptions.sh --limit 100 > drafts.jsonl
#     glimpse batch drafts.jsonl -o out.jsonl
#
# Needs nothing but dpkg-query and awk. A package without a long description is left out.
set -eu

limit=0
case "$#:${1-}" in
0:) ;;
2:--limit) limit=$2 ;;
*) limit=bad ;;
esac
case "$limit" in
'' | *[!0-9]*)
    echo "usage: package-descriptions.sh [--limit N]" >&2
    exit 64
    ;;
esac

# Two control characters that no description holds part the fields and the records. iconv drops what
# is not UTF-8; awk in the C locale passes all other bytes through as they are.
record=$(printf '\002')
field=$(printf '\001')
format="\${db:Status-Status}$field\${Package}$field\${Description}$record"
listing=$(mktemp)
trap 'rm -f "$listing"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

dpkg-query -W -f="$format" > "$listing"
iconv -c -f UTF-8 -t UTF-8 < "$listing" |
LC_ALL=C awk -v limit="$limit" '
BEGIN {
    RS = "\002"
    FS = "\001"
    for (i = 1; i < 32; i++) control[i] = sprintf("%c", i)
}

# The text as the inside of a JSON string. Splitting and joining says what is meant; what gsub makes
# of backslashes differs from one awk to the next.
function escaped(text,    i) {
    text = joined(text, "\\\\", "\\\\")
    text = joined(text, "\"", "\\\"")
    if (text !~ /[\001-\037]/) return text
    for (i = 1; i < 32; i++)
        if (index(text, control[i]) > 0)
            text = joined(text, control[i], i == 10 ? "\\n" : i == 9 ? "\\t" : sprintf("\\u%04x", i))
    return text
}

function joined(text, from, to,    part, n, i, out) {
    n = split(text, part, from)
    out = part[1]
    for (i = 2; i <= n; i++) out = out to part[i]
    return out
}

# A long description: the lines after the first, each behind one blank; " ." is an empty line.
function long_part(text,    line, n, i, out) {
    n = split(text, line, "\n")
    for (i = 2; i <= n; i++) {
        sub(/^ /, "", line[i])
        if (line[i] == ".") line[i] = ""
        out = out (i > 2 ? "\n" : "") line[i]
    }
    gsub(/^[ \t\n]+|[ \t\n]+$/, "", out)
    return out
}

$1 == "installed" && !($2 in seen) && (limit == 0 || count < limit) {
    text = long_part($3)
    if (text == "") next
    seen[$2] = 1
    count++
    printf "{\"custom_id\":\"%s\",\"input_text\":\"%s\",\"goal\":\"summarize in one sentence\"}\n",
        escaped($2), escaped(text)
}'
