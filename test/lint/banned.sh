#!/bin/sh
# Functions that have no place here: unbounded writes, parsers that hide errors, sleeps, threads,
# shells; arrays that grow by themselves; in the library also printing, exiting, raw memory and the
# clock outside its rooms.
. "$(dirname "$0")/lib.sh"

# Source text without comments, strings and character constants: names in them are no calls.
calls_of() { # path pattern of files, names
    awk -v names="$2" '
    FNR == 1 { comment = 0 }
    {
        line = $0
        gsub(/\\./, "", line)
        gsub(/"[^"]*"/, "\"\"", line)
        gsub(/\047[^\047]*\047/, "0", line)
        while (1) {
            if (comment) {
                if (!(at = index(line, "*/"))) { line = ""; break }
                line = substr(line, at + 2)
                comment = 0
            }
            if (!(at = index(line, "/*"))) break
            rest = substr(line, at + 2)
            if ((end = index(rest, "*/")) > 0)
                line = substr(line, 1, at - 1) " " substr(rest, end + 2)
            else {
                comment = 1
                line = substr(line, 1, at - 1)
                break
            }
        }
        sub(/\/\/.*/, "", line)
        while (match(line, "(^|[^A-Za-z0-9_.>])(" names ")[ \t]*\\(")) {
            call = substr(line, RSTART, RLENGTH)
            line = substr(line, RSTART + RLENGTH)
            gsub(/[^A-Za-z0-9_]/, "", call)
            print FILENAME ":" FNR ": " call "() is banned " where
        }
    }' where="$3" $1
}

everywhere='strcpy|strcat|sprintf|vsprintf|gets|strtok|strtok_r|atoi|atol|atof|rand|srand|random|sleep|usleep|nanosleep|system|popen|alloca|setjmp|longjmp|tmpnam|mktemp|pthread_create|thrd_create'
in_library='printf|vprintf|puts|putchar|fprintf|vfprintf|fputs|perror|exit|_exit|abort|signal|sigaction|setenv|putenv|setlocale|getaddrinfo|gethostbyname'
growing='realloc|reallocarray|gl_realloc'
memory='malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf'
clock='time|clock|clock_gettime|gettimeofday|event_base_gettimeofday_cached'

check() { # root
    cd "$1" || exit
    : >"$scratch/findings"
    all=$(sources . '*.c' '*.h')
    library=$(printf '%s\n' $all | grep -E '^(core|backends)/' || true)
    unclocked=$(printf '%s\n' $library | grep -vE '^core/(loop|log|base/(time|wall))\.c$' || true)
    unmanaged=$(printf '%s\n' $library | grep -vE '^core/base/alloc\.c$' || true)
    growers=$(printf '%s\n' $all | grep -E '^(core|backends|frontends|cli|bench)/' |
        grep -vE '^core/base/(alloc|array|buf)\.[ch]$' || true)
    {
        [ -z "$all" ] || calls_of "$all" "$everywhere" ""
        [ -z "$growers" ] || calls_of "$growers" "$growing" "here: an array grows by base/array.h, bytes by base/buf.h"
        [ -z "$library" ] || calls_of "$library" "$in_library" "in the library"
        [ -z "$unmanaged" ] || calls_of "$unmanaged" "$memory" "here: memory goes through base/alloc.h"
        [ -z "$unclocked" ] || calls_of "$unclocked" "$clock" "here: time is an argument"
    } >"$scratch/findings"
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
    refuses cli/say.c 'strcpy(a, b);'
    refuses bench/mock/mock.c 'x = (atoi (b));'
    refuses test/net/mock.c 'usleep(10);'
    refuses core/engine/engine.c 'printf("x");'
    refuses core/engine/engine.c 'char *a = malloc(1);'
    refuses core/engine/engine.c '/* one */ free(x); /* two */'
    refuses backends/openai/http.c 'signal(SIGPIPE, SIG_IGN);'
    refuses core/policy/limit.c 'return time(NULL);'
    refuses core/policy/limit.c 'clock_gettime(CLOCK_MONOTONIC, &now);'
    refuses core/policy/limit.c "case '\"': exit(1);"
    refuses docs/examples/embed.c 'sleep(1);'
    refuses frontends/http/server.c 'usleep(10);'
    refuses cli/batch/order.c 'at = gl_realloc(at, 2 * size);'
    refuses backends/openai/http.c 'at = gl_realloc(at, size + 1);'
    refuses core/base/sketch.c 'at = gl_realloc(at, size);'
    refuses bench/peers/load.c 'at = realloc(at, size);'
    refuses frontends/http/server.c 'at = reallocarray(at, 2, size);'
    accepts core/base/array.c 'grown = gl_realloc(array, more * size);'
    accepts core/base/buf.c 'data = gl_realloc(buf->data, size);'
    accepts test/support/rig.c 'text = realloc(text, size);'
    accepts core/base/alloc.c 'return malloc(size);'
    accepts core/base/time.c 'clock_gettime(CLOCK_MONOTONIC, &now);'
    accepts core/engine/engine.c 'gl_free(x); /* free(x) would not do; nor malloc( */'
    accepts core/engine/engine.c 'snprintf(b, n, "call exit() or abort()");'
    accepts core/engine/engine.c 'table->free(x); table.free(y);'
    accepts cli/say.c 'printf("x"); exit(0);'
}

lint_main "$@"
