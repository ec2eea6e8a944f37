#!/bin/sh
# How many instructions fifteen cases cost, against what they cost when bench/micro/baseline/ was written:
#
#     sh bench/micro/baseline.sh [check|--write|--print|--self-test] [BUILD]
#
# check (the default): exit 1 when a case costs more than 3 % above its baseline, with the functions that
# grew. --write: what was counted becomes the baseline; a commit that raises one says why, in a line
# of its message that begins with "Baseline: " (test/lint/baseline.sh). --print: the counts alone.
#
# Counted by callgrind, of release objects below BUILD (build/dev), built here: the engine's own work for
# a request that is sent (submit), found in the memory cache (hit), or not found in it (miss); an answer
# decoded that is plain, a stream, an error; the key; the record; a line read; `batch` of 1,000 lines and
# `--resume` of 10,000, whole runs of the program, by line; the mock's answer, and of `serve` an answer that it asks
# for (gate_miss), has in memory (gate_hit), or relays as a stream (gate_stream), all without their start. Clocks,
# chance, addresses, environment and the processor's own features are the same each time (steady.c).
# What is left of chance is which of 32 answers comes first: four runs on a busy machine differed by
# 0.08 % in `batch`, and by nothing in the others. The counts depend on compiler and libraries: each has a
# baseline of its own, and without one the check is skipped (exit 77). A case whose count is "unknown" there was added
# on another system: it is printed and not judged, until --write on that system (docker, a chroot, or CI) fills it in.
set -eu
export LC_ALL=C
top=$(cd "$(dirname "$0")/../.." && pwd)
kept=$top/bench/micro/baseline
margin=3    # % that a case may cost more
functions=25 # of each case, the dearest, are kept
. "$top/test/support/needs.sh"

mode=${1:-check}
tree=${2:-$top/build/dev}/counted
dir=$(mktemp -d)
mock=
gate=
stop() {
    [ -z "$gate" ] || kill "$gate" 2>/dev/null || true
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- counting --------------------------------------------------------------------------------------

build() {
    cmake -S "$top" -B "$tree" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS= \
        ${CC+-DCMAKE_C_COMPILER="$CC"} >"$dir/log" 2>&1 &&
        cmake --build "$tree" --target glimpse-program glimpse-micro-engine glimpse-micro-parts glimpse-steady \
            >>"$dir/log" 2>&1 || { tail -n 60 "$dir/log"; exit 1; }
}

environment() { # the name of what the counts depend on
    compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$tree/CMakeCache.txt")
    case $("$compiler" --version) in *clang*) family=clang ;; *) family=gcc ;; esac
    version=$("$compiler" -dumpfullversion 2>/dev/null || "$compiler" -dumpversion)
    libc=$(getconf GNU_LIBC_VERSION 2>/dev/null | tr ' ' '-') || libc=libc
    echo "$(uname -m)-$family-$version-${libc:-libc}-libcurl-$(pkg-config --modversion libcurl)"
}

# The same for each run: no address, no variable and no feature of this processor beyond what each of
# 2006 and later has. What does not know a name here passes over it.
steadily() { # command...
    ${replace-} $same_addresses env -i LD_PRELOAD="$tree/bench/libglimpse-steady.so" OPENAI_API_KEY=sk-abcdef0123456789 \
        GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-SSE4_2,-SSE4_1,-SSSE3,-BMI2,-MOVBE \
        OPENSSL_ia32cap='~0x1000000000000000:~0x20080128' "$@"
}

count() { # command...: callgrind's profile in $dir/profile
    steadily "$valgrind" --quiet --tool=callgrind --callgrind-out-file="$dir/profile" "$@" \
        >"$dir/out" 2>"$dir/err" || { cat "$dir/out" "$dir/err" >&2; exit 1; }
}

# The profile in $dir/profile by function, divided by UNITS: "CASE COUNT FUNCTION", the total first.
# A function of a library has its name behind its own; those without a name are the library's.
read_profile() { # CASE UNITS
    awk -v name="$1" -v units="$2" '
    function named(line, table,    id) {
        match(line, /\([0-9]+\)/)
        id = substr(line, RSTART, RLENGTH)
        if (length(line) > RSTART + RLENGTH) table[id] = substr(line, RSTART + RLENGTH + 1)
        return id
    }
    /^c?ob=/ { id = named($0, object); if (/^ob/) in_object = id; next }
    /^c?fn=/ { id = named($0, fn); if (/^fn/) in_fn = id; next }
    /^calls=/ { called = 1; next } # the line behind it is the cost of what is called
    /^[-+*0-9]/ {
        if (called) { called = 0; next }
        cost[in_object SUBSEP in_fn] += $2
        total += $2
    }
    END {
        for (key in cost) {
            split(key, part, SUBSEP)
            f = fn[part[2]]; o = object[part[1]]
            sub(/.*\//, "", o)
            sub(/\.(isra|constprop|part|cold|lto_priv).*/, "", f)
            sub(/\047.*/, "", f) # the depth of a recursion
            if (f ~ /^0x/) f = o
            else if (o ~ /\.so/) f = f " " o
            sum[f] += cost[key]
        }
        printf "%s %d total\n", name, total / units
        for (f in sum) if (sum[f] / units >= 1) printf "%s %d %s\n", name, sum[f] / units, f
    }' "$dir/profile" | sort -k2,2nr -k3
}

part() { # CASE PROGRAM KIND COUNT
    count --toggle-collect=counted "$tree/bench/$2" "$3" "$4"
    read_profile "$1" "$4"
}

start_mock() { # what runs it
    rm -f "$dir/port"
    (
        replace=exec # the process that is ended later is the mock, and no shell
        steadily "$@" "$tree/glimpse" mock --seed 1 --token-rate 0 --port-file "$dir/port"
    ) >/dev/null 2>"$dir/mock" &
    mock=$!
    while [ ! -s "$dir/port" ]; do kill -0 "$mock" || { cat "$dir/mock" >&2; exit 1; }; done
}

stop_mock() {
    kill "$mock"
    code=0
    wait "$mock" || code=$?
    mock=
    [ $code -eq 0 ] || { cat "$dir/mock" >&2; exit 1; }
}

. "$top/bench/micro/chat_lines.sh"

batch() { # HOW LINES IN-FLIGHT OPTIONS...
    how=$1
    lines "$2" >"$dir/in"
    flying=$3
    shift 3
    "$how" "$tree/glimpse" batch "$dir/in" -o "$dir/records" --seed 1 --cache-size 0 --concurrency "$flying" \
        --base-url "http://127.0.0.1:$(cat "$dir/port")/v1" -q "$@"
}

whole_runs() {
    start_mock
    batch count 1000 32
    stop_mock
    read_profile batch 1000
    rm "$dir/records"
    start_mock
    batch steadily 10000 1
    batch count 10000 1 --resume
    stop_mock
    read_profile resume 10000
    rm "$dir/records"
    start_mock "$valgrind" --quiet --tool=callgrind --callgrind-out-file="$dir/profile" \
        --toggle-collect=event_base_loop
    batch steadily 1000 1
    stop_mock
    read_profile mock 1000
}

start_gate() {
    rm -f "$dir/gate"
    (
        replace=exec
        steadily "$valgrind" --quiet --tool=callgrind --callgrind-out-file="$dir/profile" \
            --toggle-collect=event_base_loop "$tree/glimpse" serve --listen 127.0.0.1:0 --port-file "$dir/gate" \
            --drain 0 --base-url "http://127.0.0.1:$(cat "$dir/port")/v1"
    ) >/dev/null 2>"$dir/err" &
    gate=$!
    while [ ! -s "$dir/gate" ]; do kill -0 "$gate" || { cat "$dir/err" >&2; exit 1; }; done
}

# One at a time, so that they come in order; the commands of a filter make the lines of this case.
gated() { # CASE FILTER
    start_gate
    lines 500 | sed "$2" >"$dir/in"
    steadily "$tree/glimpse" batch "$dir/in" -o "$dir/records" --overwrite --cache-size 0 --concurrency 1 -q \
        --base-url "http://127.0.0.1:$(cat "$dir/gate")/v1"
    rm "$dir/records"
    kill "$gate"
    wait "$gate" || { cat "$dir/err" >&2; exit 1; }
    gate=
    read_profile "$1" 500
}

through_the_gate() {
    start_mock
    gated gate_miss ''
    gated gate_hit 's/Item [0-9]*/Item 0/'
    gated gate_stream 's/"max_tokens"/"stream":true,"max_tokens"/'
    stop_mock
}

count_all() { # to $dir/counts
    valgrind=$(command -v valgrind)
    same_addresses=
    ! setarch -R true 2>/dev/null || same_addresses='setarch -R'
    {
        part submit glimpse-micro-engine sent 2048
        part hit glimpse-micro-engine hit 4096
        part miss glimpse-micro-engine miss 2048
        part plain glimpse-micro-parts plain 1000
        part stream glimpse-micro-parts stream 200
        part error glimpse-micro-parts error 1000
        part key glimpse-micro-parts key 1000
        part record glimpse-micro-parts record 1000
        part line glimpse-micro-parts line 1000
        whole_runs
        through_the_gate
    } >"$dir/counts"
    [ "$(grep -c ' total$' "$dir/counts")" -eq 15 ] || { echo "baseline.sh: not fifteen cases counted" >&2; exit 1; }
}

# --- judging ---------------------------------------------------------------------------------------

# A function that was not kept cost no more than the least that was. Of what grew, the eight that grew
# most are named.
compare() { # BASELINE COUNTS
    awk -v margin=$margin '
    function say_functions(name,    i, n, f, grown, most, best) {
        for (n = 0; n < 8; n++) {
            most = 0
            for (f in now) {
                split(f, part, SUBSEP)
                if (part[1] != name || part[2] == "total" || (f in named)) continue
                grown = now[f] - (f in was ? was[f] : least[name])
                if (grown > most) { most = grown; best = f }
            }
            if (most < 0.002 * was[name, "total"] || most < 1) return
            named[best]
            split(best, part, SUBSEP)
            printf "    %s: %s to %d\n", part[2], best in was ? was[best] : "at most " least[name], now[best]
        }
    }
    { f = $3; for (i = 4; i <= NF; i++) f = f " " $i }
    /^#/ { next }
    FILENAME == ARGV[1] {
        was[$1, f] = $2
        if (f == "total") order[++cases] = $1
        else if (!($1 in least) || $2 < least[$1]) least[$1] = $2
        next
    }
    { now[$1, f] = $2 }
    END {
        for (i = 1; i <= cases; i++) {
            name = order[i]; before = was[name, "total"]
            if (!((name, "total") in now)) { print name ": not counted"; bad = 1; continue }
            here = now[name, "total"]
            if (before == "unknown") { print name ": " here " instructions, and no baseline yet (--write)"; continue }
            more = 100 * (here - before) / before
            printf "%-11s %9d instructions, baseline %9d: %+.2f %%\n", name, here, before, more
            if (more > margin) {
                print "  costs more than " margin " % above its baseline; what grew:"
                say_functions(name)
                bad = 1
            } else if (more < -margin) print "  costs less: sh bench/micro/baseline.sh --write holds that"
        }
        for (key in now) {
            split(key, part, SUBSEP)
            if (part[2] == "total" && !((part[1], "total") in was)) { print part[1] ": has no baseline"; bad = 1 }
        }
        exit bad
    }' "$1" "$2"
}

keep() { # COUNTS: the dearest functions of each case
    awk -v functions=$functions '$1 != name { name = $1; n = 0 } n++ <= functions' "$1"
}

# --- the check can fail ----------------------------------------------------------------------------

claim() { # what should be, then a command that ends with 0
    what=$1
    shift
    "$@" >"$dir/claim" 2>&1 || { echo "self-test: $what"; cat "$dir/claim"; exit 1; }
}

refused() { # BASELINE COUNTS
    ! compare "$@"
}

said() { # words that the last comparison used, or with ! did not
    if [ "$1" = ! ]; then ! grep -qF -e "$2" "$dir/said"; else grep -qF -e "$1" "$dir/said"; fi
}

remember() { cp "$dir/claim" "$dir/said"; }

self_test() {
    set -- "$kept"/*.txt
    claim "there is a baseline" [ -s "$1" ]
    cp "$1" "$dir/counts"
    claim "the same counts pass" compare "$1" "$dir/counts"
    awk '/^#/ || $2 ~ /[^0-9]/ { print; next } { $2 = int($2 * 0.95); print }' "$1" >"$dir/less"
    claim "5 % above the baseline fails" refused "$dir/less" "$dir/counts"
    remember
    claim "each case is refused" [ "$(grep -c 'costs more' "$dir/said")" -eq 15 ]
    claim "and names functions" said "    gl_"
    awk '/^#/ || $2 ~ /[^0-9]/ { print; next } { $2 = int($2 * 0.98); print }' "$1" >"$dir/less"
    claim "2 % above it passes" compare "$dir/less" "$dir/counts"
    claim "5 % less passes" compare "$dir/counts" "$dir/less"

    printf 'key 1000 total\nkey 600 f\nkey 300 g libx.so\nkey 50 h\nline 10 total\n' >"$dir/a"
    printf 'key 1040 total\nkey 600 f\nkey 340 g libx.so\nkey 50 h\nline 10 total\n' >"$dir/b"
    claim "4 % in one function fail" refused "$dir/a" "$dir/b"
    remember
    claim "with its name" said "    g libx.so: 300 to 340"
    claim "and no other" [ "$(grep -c '^    ' "$dir/said")" -eq 1 ]
    printf 'key 1140 total\nkey 600 f\nkey 300 g libx.so\nkey 50 h\nkey 190 new\nline 10 total\n' >"$dir/b"
    claim "a new function fails" refused "$dir/a" "$dir/b"
    remember
    claim "with its name, too" said "    new: at most 50 to 190"
    printf 'key 1000 total\n' >"$dir/b"
    claim "a case that is gone fails" refused "$dir/a" "$dir/b"
    claim "and so does one without a baseline" refused "$dir/b" "$dir/a"
    printf 'key unknown total\nline 10 total\n' >"$dir/b"
    claim "one that is yet unknown passes" compare "$dir/b" "$dir/a"
    remember
    claim "and is printed" said "key: 1000 instructions"

    {
        echo 'ob=(1) /lib/libx.so.1'
        printf 'fn=(1) 0x0000\n5 10\n+1 20\ncob=(2) /bin/p\ncfn=(2) f.isra.0\ncalls=1 0\n7 999\n'
        printf 'fn=(3) g\n* 30\nob=(2)\nfn=(2)\n1 40\nfi=(4) h.h\n2 50\n'
    } >"$dir/profile"
    printf 'x 15 total\nx 9 f\nx 3 g libx.so.1\nx 3 libx.so.1\n' >"$dir/expected"
    read_profile x 10 >"$dir/read"
    claim "a profile is read by function" cmp "$dir/expected" "$dir/read"
    seq 40 | sed 's/.*/x & f&/' >"$dir/a"
    claim "$functions functions are kept, and the total" [ "$(keep "$dir/a" | wc -l)" -eq $((functions + 1)) ]
}

case $mode in
--self-test)
    self_test
    exit
    ;;
check | --write | --print) needs valgrind ;;
*)
    sed -n '4s/^# *//p' "$0" >&2
    exit 64
    ;;
esac
build
name=$(environment)
file=$kept/$name.txt
if [ "$mode" = check ] && [ ! -e "$file" ]; then
    echo "SKIPPED: no baseline for $name; sh bench/micro/baseline.sh --write makes one" >&2
    exit 77
fi
count_all
case $mode in
--print) cat "$dir/counts" ;;
--write)
    {
        echo "# instructions by case and function, written by sh bench/micro/baseline.sh --write"
        keep "$dir/counts"
    } >"$file"
    echo "$file"
    ;;
check) compare "$file" "$dir/counts" ;;
esac
