#!/bin/sh
# Tables by hash are core/base's: map, digest_set, index. A table has a power of two places, and takes a
# hash to its place by `& (size - 1)` and on by `(i + 1) & ...`: elsewhere neither is written, nor a
# place by a mask that is kept. (A place by `%` is not looked for: rings go round by it.)
. "$(dirname "$0")/lib.sh"

check() { # root
    cd "$1" || exit
    : >"$scratch/findings"
    for source in $(sources . '*.c' '*.h' | grep -E '^(core|backends|frontends|cli|bench)/' | grep -v '^core/base/'); do
        awk '
        {
            line = $0
            gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
            sub(/\/\*.*/, "", line); sub(/^ \* .*/, "", line); sub(/\/\/.*/, "", line)
            gsub(/&&/, " and ", line)
            name = "[A-Za-z_][A-Za-z_0-9.>-]*"
            if (line ~ "& *\\(" name " - 1\\)" || line ~ "&= *" name " - 1" || line ~ "(\\+ 1\\)|\\+\\+) *& *[A-Za-z_(]" || line ~ "& *" name "(->|\\.)mask")
                print FILENAME ":" FNR ": a table by hand: base/index.h, base/map.h and base/digest_set.h are the tables"
        }' "$source" >>"$scratch/findings"
    done
    report "$scratch/findings"
}

refuses() { # path, line
    printf '%s\n' "$2" | sample "$1"
    refused "$1: $2"
}

accepts() {
    printf '%s\n' "$2" | sample "$1"
    accepted "$1: $2"
}

self_test() {
    refuses cli/batch/seen.c 'size_t i = (size_t)hash & (seen->size - 1);'
    refuses core/profiles.c '    place = (place + 1) & (profiles->places - 1);'
    refuses core/engine/seen.c 'at &= size - 1;'
    refuses backends/openai/seen.c 'i = (i + 1) & mask;'
    refuses bench/mock/seen.c 'found = table->at[i++ & mask];'
    refuses frontends/http/seen.c 'slot = &table->slots[hash & table->mask];'
    accepts core/base/map.c 'i = (i + 1) & (map->capacity - 1);'
    accepts core/engine/engine.c 'if (count > 0 && (count - 1) < most) next(&list[count - 1]);'
    accepts core/engine/engine.c 'ring->next = (ring->next + 1) % ring->count;'
    accepts core/engine/engine.c 'bits->room = room ? bits->room | mask : bits->room & ~mask;'
    accepts core/engine/engine.c '/* the place is hash & (size - 1) */'
}

lint_main "$@"
