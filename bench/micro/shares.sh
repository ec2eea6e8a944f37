#!/bin/sh
# Whose processor time a request is: the kernel's, libcurl's with its HTTP/2 and TLS, or ours with our SHA-256. Where the first two alone are
# above what is required of a row of bench/run-all.sh, no change of ours can hold it.
#
#     sh bench/micro/shares.sh batch      # `glimpse batch` with 10,000 in flight, beside the textbook loop
#     sh bench/micro/shares.sh streams    # 100,000 requests over HTTP/2 and TLS, answers after 2 s
#
# Samples of the processor's clock by perf, kernel included, client on CPU 0, servers on CPU 1. The last lines are one
# a figure, with tabs between: name, measured, required of all of them together. Needs perf (Debian's linux-perf), the
# right to sample the kernel, build/release/{glimpse,bench/glimpse-bench-wire,bench/glimpse-micro-streams}; two minutes.
set -eu
cd "$(dirname "$0")/../.."
. bench/micro/chat_lines.sh
command -v perf >/dev/null || { echo "shares.sh: no perf here (Debian's linux-perf)" >&2; exit 69; }
ulimit -n "$(ulimit -H -n)"
dir=$(mktemp -d)
mock=
stop() {
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Seconds of processor time of a program, by object: "NAME SECONDS" a line. perf knows a program by 15 bytes of its name.
by_object() { # FILE, PROGRAM
    perf report -i "$1" --stdio --sort comm,dso -F sample,comm,dso 2>/dev/null |
        awk -v program="$2" '$2 == program { print $3, $1 / 4000 }'
}

# us a request by owner, of the difference of two runs.
by_owner() { # FILE, REQUESTS, [FILE OF FEWER]
    awk -v requests="$2" -v tls="$tls" '
        function owner(name) { # libcrypto: of batch it is our SHA-256, of streams the TLS of libcurl
            if (name ~ /kernel/) return "kernel"
            if (name ~ /^lib(curl|nghttp2|ssl)\./ || (tls && name ~ /^libcrypto/)) return "libcurl"
            if (name ~ /^lib(c|pthread)\.|^ld-|vdso/) return "libc"
            return "ours"
        }
        FNR == 1 { sign = sign == 0 ? 1 : -1 }
        { used[owner($1)] += sign * $2 }
        END {
            n = split("kernel libcurl libc ours", order, " ")
            for (i = 1; i <= n; i++) printf "%s %.1f\n", order[i], used[order[i]] * 1e6 / requests
        }' "$1" ${3+"$3"}
}

sample() { # NAME, COMMAND...: the objects of its time in $dir/NAME
    name=$1
    shift
    perf record -q -F 4000 -e cpu-clock -o "$dir/$name.perf" "$@" >"$dir/log" 2>&1 ||
        { cat "$dir/log" >&2; echo "shares.sh: perf record failed" >&2; exit 69; }
    by_object "$dir/$name.perf" glimpse >"$dir/$name"
}

job() { # NAME, LINES
    lines "$2" >"$dir/in"
    OPENAI_API_KEY=sk-abcdef0123456789 sample "$1" taskset -c 0 build/release/glimpse batch "$dir/in" -o "$dir/out" \
        --overwrite -q --cache-size 0 --concurrency 10000 --base-url "http://127.0.0.1:$(cat "$dir/port")/v1"
    [ "$(wc -l <"$dir/out")" -eq "$2" ] || { echo "shares.sh: not $2 records" >&2; exit 1; }
}

tls=0
case ${1-} in
batch)
    taskset -c 1 build/release/glimpse mock --latency 1s --port-file "$dir/port" >/dev/null &
    mock=$!
    while [ ! -s "$dir/port" ]; do kill -0 $mock; done
    job few 20000
    job many 80000
    kill $mock
    mock=
    build/release/bench/glimpse-bench-wire --rounds 1 --in-flight 10000 --requests 30000 --body 318 --latency 1s \
        --only textbook >"$dir/textbook"
    textbook=$(sed -n 's/^ *10000  textbook  *[0-9]* *([^)]*) *\([0-9.]*\) .*/\1/p' "$dir/textbook")
    by_owner "$dir/many" 60000 "$dir/few" >"$dir/owners"
    cat "$dir/owners"
    echo "textbook $textbook"
    awk -v textbook="$textbook" '$1 == "kernel" || $1 == "libcurl" { sum += $2 }
        END { printf "batch_cpu_of_kernel_and_libcurl_beside_textbook_10000\t%.3f\t0.15\n", sum / textbook }' \
        "$dir/owners"
    ;;
streams)
    requests=100000 tls=1
    # perf follows the programs that the script starts.
    perf record -q -F 4000 -e cpu-clock -o "$dir/streams.perf" sh bench/micro/streams.sh $requests 2s \
        >"$dir/log" 2>&1 || [ -s "$dir/streams.perf" ]
    by_object "$dir/streams.perf" glimpse-micro-s >"$dir/streams"
    by_object "$dir/streams.perf" nghttpx | awk -v requests=$requests '{ sum += $2 }
        END { printf "nghttpx %.1f\n", sum * 1e6 / requests }'
    by_owner "$dir/streams" $requests >"$dir/owners"
    cat "$dir/owners"
    # 100,000 requests can be in flight at once only if all of them begin before the first is answered.
    awk -v requests=$requests '$1 == "kernel" || $1 == "libcurl" { sum += $2 }
        END { printf "streams_us_of_kernel_and_libcurl\t%.1f\t%.0f\n", sum, 2e6 / requests }' "$dir/owners"
    ;;
*)
    echo "shares.sh: batch or streams?" >&2
    exit 64
    ;;
esac
