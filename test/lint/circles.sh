#!/bin/sh
# Files of core and backends that need each other in a circle, by what their objects define and use:
# none of a circle can be read, tested or moved without the others. Run as circles.sh ROOT BUILD.
. "$(dirname "$0")/lib.sh"

most=0 # circles: as many as there are

check() { # root, build
    objects=${2:-$1}/CMakeFiles/glimpse-objects.dir
    (cd "$1" && find core backends -name '*.c' 2>/dev/null | sort) >"$scratch/sources"
    # By the sources that there are: a build folder keeps the objects of those that are gone.
    while read -r source; do
        if [ ! -e "$objects/$source.o" ]; then
            echo "$source: was not built below $objects"
        elif [ -n "$(find "$1/$source" -newer "$objects/$source.o")" ]; then
            echo "$source: is newer than its object below $objects"
        fi
    done <"$scratch/sources" >"$scratch/findings"
    report "$scratch/findings" || return 1
    # "core/loop.c                  U gl_free"
    (cd "$objects" && sed 's/$/.o/' "$scratch/sources" | xargs nm -A) | sed 's,\.o:, ,' \
        >"$scratch/symbols"
    awk '
    $(NF - 1) ~ /^[Uvw]$/ { used[++uses] = $NF; user[uses] = $1 }
    $(NF - 1) ~ /^[A-TV-Z]$/ { owner[$NF] = $1 }
    !($1 in known) { known[$1]; files[++count] = $1 }

    function reach(from, at,    i, n, next_ones) {
        reaches[from, at]
        n = split(needs[at], next_ones, " ")
        for (i = 1; i <= n; i++)
            if (!((from, next_ones[i]) in reaches)) reach(from, next_ones[i])
    }

    END {
        for (i = 1; i <= uses; i++) {
            from = user[i]; to = owner[used[i]]
            if (to == "" || to == from) continue
            if (!((from, to) in why)) needs[from] = needs[from] " " to
            why[from, to] = why[from, to] " " used[i]
        }
        for (i = 1; i <= count; i++) reach(files[i], files[i])
        for (i = 1; i <= count; i++) {
            size = 0
            for (j = 1; j <= count; j++)
                if ((files[i], files[j]) in reaches && (files[j], files[i]) in reaches)
                    member[++size] = files[j]
            if (size < 2 || member[1] != files[i]) continue
            print "a circle of " size " files:"
            for (j = 1; j <= size; j++)
                for (k = 1; k <= size; k++)
                    if ((member[j], member[k]) in why)
                        print "  " member[j] " uses " member[k] ":" why[member[j], member[k]]
        }
    }' "$scratch/symbols" >"$scratch/circles"
    cat "$scratch/circles"
    circles=$(grep -c '^a circle' "$scratch/circles") || true
    echo "$circles circles among $(wc -l <"$scratch/sources") files"
    [ -s "$scratch/sources" ] && [ "$circles" -le "$most" ]
}

unit() { # path; source from stdin: written and built
    sample "$1"
    mkdir -p "$tree/CMakeFiles/glimpse-objects.dir/$(dirname "$1")"
    cc -c "$tree/$1" -o "$tree/CMakeFiles/glimpse-objects.dir/$1.o"
}

self_test() {
    echo 'int b(void); int a(void) { return b(); }' | unit core/a.c
    echo 'int a(void); int b(void) { return a(); }' | unit core/b.c
    refused 'two files that call each other'
    echo 'int b(void); int a(void) { return b(); }' | unit core/a.c
    echo 'int c(void); int b(void) { return c(); }' | unit core/engine/b.c
    echo 'extern const int d; int c(void) { return d; }' | unit backends/c.c
    echo 'int a(void); int e(void) { return a(); } const int d = 1;' | unit backends/d.c
    refused 'four files in a circle, by a variable too'
    echo 'int a(void) { return 1; }' | sample core/a.c
    refused 'a file that was not built'
    echo 'int a(void) { return 1; }' | unit core/a.c
    touch -d '1 hour ago' "$tree/CMakeFiles/glimpse-objects.dir/core/a.c.o"
    refused 'a file that was changed after it was built'
    echo 'int b(void) __attribute__((weak)); int a(void) { return b ? b() : 0; }' | unit core/a.c
    echo 'extern const int c __attribute__((weak)); int b(void) { return &c ? c : 0; }' | unit core/b.c
    echo 'int a(void); int d(void) { return a(); } const int c = 1;' | unit core/c.c
    refused 'a circle by weak references'
    refused 'nothing to look at'
    echo 'int b(void); int a(void) { return b(); }' | unit core/a.c
    echo 'int b(void) { return 1; }' | unit core/b.c
    echo 'int a(void); int b(void); static int s(void) { return a() + b(); } int c(void) { return s(); }' | unit core/c.c
    echo 'static int s(void) { return 1; } int d(void) { return s(); }' | unit core/d.c
    echo 'int a(void); int gone(void) { return a(); } int b(void);' | unit core/gone.c
    rm "$tree/core/gone.c"
    accepted 'calls that go one way, a static name twice, an object whose source is gone'
}

lint_main "$@"
