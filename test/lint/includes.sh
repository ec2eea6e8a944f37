#!/bin/sh
# Who may include whom: the rooms of docs/architecture.md.
. "$(dirname "$0")/lib.sh"

# The first row whose pattern fits a file's path decides. Columns, parted by blanks:
#   the path; what it may include in quotes; which libraries it may include in angle brackets.
# OWN stands for a header of the same folder, CORE and CLI for one that stands in core/ or cli/ itself,
# SELF for the file's own name. `-` is nothing. The public headers and the C library are open to all.
# A path upwards (`..`) is refused everywhere: it would leave a room that it begins in.
rules='
^core/include/                  -                                                       -
^core/base/sha256\.c            ^base/                                                  ^openssl/
^core/base/                     ^base/                                                  -
^core/policy/                   ^base/|^SELF$|^(problem|status|result)\.h$                      -
^core/loop\.c                   ^base/|^loop\.h$                                        ^event2/
^core/engine/                   ^base/|^policy/|CORE|^engine/                           -
^core/[^/]*$                    ^base/|^policy/|CORE                                    -
^backends/glimpse\.c            ^base/|^policy/|CORE|^engine/|^(openai|local|sim|store|pressure)/|^samplers\.h$         -
^backends/samplers\.c           ^base/|^(pool|problem|samplers)\.h$|^pressure/kernel\.h$   -
^backends/openai/http_flood\.c   ^openai/                                               ^(curl|openssl)/
^backends/openai/http[^/]*$     ^base/|^(loop|log|problem|status)\.h$|^policy/essence\.h$|^openai/   ^curl/
^backends/openai/resolve        ^base/|^(loop|log|problem|status)\.h$|^policy/essence\.h$|^openai/   ^event2/
^backends/store/                ^base/|^(loop|log|problem)\.h$|^store/                           ^sqlite3\.h$
^backends/pressure/             ^base/|^(loop|log|problem|status)\.h$|^policy/pressure\.h$|^ROOM/     -
^backends/metrics/              ^base/                                                  ^event2/
^backends/                      ^base/|^(endpoint|loop|log|problem|status)\.h$|^policy/essence\.h$|^ROOM/     -
^cli/files/                      ^base/|CLI|^files/                                      -
^cli/terminal/                   ^base/|CLI|^terminal/                                   -
^cli/options/                    ^base/|CLI|^(files|options)/|^(bench/scrape|serve/listeners)\.h$   ^json-c/
^cli/monitoring/                 ^base/|CLI|^(files|http|monitoring|options|terminal)/|^load/resources\.h$ ^event2/
^cli/batch/                      ^base/|CLI|^(batch|files|options|terminal)/|^batch_api/job\.h$|^load/(alerts|resources)\.h$   ^(event2|json-c)/
^cli/batch_api/                  ^base/|CLI|^(batch|batch_api|files|options|terminal)/   ^(event2|json-c)/
^cli/bench/                      ^base/|CLI|^(bench|batch|files|monitoring|options)/|^load/[a-z_]+\.h$   ^(event2|json-c)/
^cli/serve/                      ^base/|CLI|^(files|monitoring|options|serve)/|^gateway/gateway\.h$|^http/listen\.h$   ^event2/
^cli/version\.c                  ^base/|CLI                                              ^(curl|event2|json-c)/
^cli/[^/]*$                      ^base/|CLI|^(files|monitoring|options|terminal)/|^mock/mock\.h$   ^(event2|json-c)/
^bench/mock/upstream\.c         ^base/|^mock/|^http/                                          ^(event2|curl)/
^bench/mock/                    ^base/|^mock/|^http/                                          ^(event2|json-c)/
^bench/load/                    ^base/|^load/                                           ^(event2|json-c)/
^bench/micro/                   .                                                       ^(event2|json-c|curl)/|^sqlite3\.h$
^bench/                         ^base/|OWN|^(mock|load)/                                    ^(event2|json-c|curl)/
^frontends/gateway/coding\.c     ^base/|^http/(server|token)\.h$|^ROOM/                            ^z(lib|std|std_errors)\.h$
^frontends/gateway/             ^base/|^http/(server|token)\.h$|^ROOM/                            ^event2/
^frontends/                     ^base/|^ROOM/                                            ^event2/
^docs/examples/                 -                                                       ^event2/
^test/                          .                                                       .
'

check() { # root
    root=$1
    sources "$root" '*.c' '*.h' >"$scratch/files"
    (cd "$root" && xargs grep -nE '^[ \t]*#[ \t]*include' /dev/null) <"$scratch/files" \
        >"$scratch/includes" || true
    ROOT=$root RULES=$rules awk '
    BEGIN {
        n = split(ENVIRON["RULES"], row, "\n")
        for (i = 1; i <= n; i++)
            if (split(row[i], column, " ") == 3) {
                rows++; path[rows] = column[1]; quoted[rows] = column[2]; library[rows] = column[3]
            }
        libraries = "^(event2|curl|json-c|openssl|nghttp2|hiredis)/|^(event|evdns|evhttp|evutil|sqlite3|cmocka|zlib|zstd|zstd_errors)\\.h$"
        threads = "^(pthread|threads)\\.h$"
        impure = "^(time|unistd|stdio|signal|poll|fcntl|netdb)\\.h$|^sys/|^netinet/|^arpa/"
    }

    function stands(file,    line, there) {
        file = ENVIRON["ROOT"] "/" file
        there = (getline line < file) >= 0
        close(file)
        return there
    }

    function dir_of(file) { sub(/[^\/]*$/, "", file); return file }

    function may(name, file, allowed,    base, room) {
        if (allowed == "-") return 0
        base = file
        sub(/^core\//, "", base); sub(/\.[ch]$/, ".h", base)
        room = dir_of(file); sub(/^(backends|frontends)\//, "", room)
        gsub(/SELF/, base, allowed)
        gsub(/ROOM\//, room == "" ? "/" : room, allowed)
        if (allowed ~ /OWN/ && name !~ /\// && stands(dir_of(file) name)) return 1
        if (allowed ~ /CORE/ && name !~ /\// && stands("core/" name)) return 1
        if (allowed ~ /CLI/ && name !~ /\// && stands("cli/" name)) return 1
        return name ~ allowed
    }

    {
        file = $0; sub(/:.*/, "", file)
        at = $0; sub(/^[^:]*:/, "", at); sub(/:.*/, "", at)
        if (!match($0, /["<][^">]*[">]/)) { print file ":" at ": an include that names no file"; next }
        mark = substr($0, RSTART, 1)
        name = substr($0, RSTART + 1, RLENGTH - 2)
        for (i = 1; i <= rows; i++) if (file ~ path[i]) break
        if (i > rows) { print file ":" at ": stands in no room"; next }
        if (name ~ /(^|\/)\.\.(\/|$)/) { print file ":" at ": includes by a way upwards: " name; next }
        ok = 1
        if (mark == "\"") ok = name !~ /^glimpse\// && may(name, file, quoted[i])
        else if (name ~ threads) ok = 0
        else if (name ~ libraries) ok = library[i] != "-" && name ~ library[i]
        else if (name ~ /^glimpse\//) ok = file !~ /^core\/base\//
        else if (file ~ /^core\/policy\//) ok = name !~ impure
        else if (file ~ /^core\/include\//) ok = name ~ /^std(bool|def|int)\.h$/
        if (!ok) print file ":" at ": may not include " mark name (mark == "<" ? ">" : "\"")
    }' "$scratch/includes" >"$scratch/findings"
    report "$scratch/findings"
}

refuses() { # path, include
    printf '#include %s\n' "$2" | sample "$1"
    refused "$1 includes $2"
}

accepts() { # path, include
    printf '#include %s\n' "$2" | sample "$1"
    printf '/* there */\n' | sample core/loop.h
    printf '/* there */\n' | sample cli/say.h
    accepted "$1 includes $2"
}

self_test() {
    refuses core/engine/engine.c '<curl/curl.h>'
    refuses core/engine/engine.c '<event2/event.h>'
    refuses core/engine/engine.c '<json-c/json.h>'
    refuses core/engine/engine.c '<pthread.h>'
    refuses core/engine/engine.c '"openai/http.h"'
    refuses core/engine/engine.c '"mock/mock.h"'
    refuses core/engine/engine.c ' "say.h"'
    refuses core/result.c '"engine/request.h"'
    refuses core/base/map.c '"loop.h"'
    refuses core/base/map.c '<openssl/evp.h>'
    refuses core/base/map.c '<glimpse/cache.h>'
    refuses core/policy/limit.c '"policy/key.h"'
    refuses core/policy/limit.c '<time.h>'
    refuses core/policy/limit.c '"loop.h"'
    refuses core/policy/limit.c '"engine/request.h"'
    refuses core/include/glimpse/engine.h '"engine.h"'
    refuses core/include/glimpse/engine.h '<event2/event.h>'
    refuses core/include/glimpse/engine.h '<stdio.h>'
    refuses backends/openai/decode.c '<curl/curl.h>'
    refuses backends/openai/sampler.c '"engine/engine.h"'
    refuses backends/openai/sampler.c '"local/local.h"'
    refuses backends/openai/http.c '<event2/event.h>'
    refuses backends/openai/http.c '<sqlite3.h>'
    refuses backends/store/sqlite.c '"openai/http.h"'
    refuses backends/metrics/mount.c '"engine/engine.h"'
    refuses cli/batch/command.c '<curl/curl.h>'
    refuses cli/batch/command.c '"loop.h"'
    refuses cli/batch/command.c '"policy/key.h"'
    refuses cli/batch/command.c '"mock/server.h"'
    refuses cli/batch/command.c '"bench/run.h"'
    refuses cli/files/lock.c '"batch/job.h"'
    refuses cli/terminal/shown.c '"batch/job.h"'
    refuses bench/mock/mock.c '<curl/curl.h>'
    refuses bench/load/arrival.c '"engine/engine.h"'
    refuses bench/load/arrival.c '"mock/mock.h"'
    refuses frontends/http/conn.c '"mock/mock.h"'
    refuses frontends/http/conn.c '"engine/engine.h"'
    refuses docs/examples/embed.c '"base/buf.h"'
    refuses docs/examples/embed.c '<curl/curl.h>'
    refuses core/engine/engine.c 'WHATEVER'
    refuses core/engine/engine.c '"policy/../openai/http.h"'
    refuses backends/openai/decode.c '"openai/../store/file.h"'
    refuses core/base/map.c '<glimpse/../curl/curl.h>'
    refuses test/unit/http.c '"../support/rig.h"'
    accepts core/engine/engine.c '"loop.h"'
    accepts core/engine/engine.c '"policy/key.h"'
    accepts core/engine/engine.c '"engine/request.h"'
    accepts backends/glimpse.c '"engine/engine.h"'
    accepts core/loop.c '<event2/event.h>'
    accepts core/base/sha256.c '<openssl/evp.h>'
    accepts core/policy/limit.c '"policy/limit.h"'
    accepts core/policy/limit.c '<math.h>'
    accepts backends/glimpse.c '"openai/http.h"'
    accepts backends/openai/http.c '<curl/curl.h>'
    accepts backends/store/file.c '<sqlite3.h>'
    accepts backends/metrics/mount.c '<event2/http.h>'
    accepts backends/openai/http_multi.h '<curl/curl.h>'
    accepts backends/openai/sampler.c '"openai/http.h"'
    accepts cli/version.c '<curl/curl.h>'
    accepts cli/batch/command.c '"say.h"'
    accepts cli/batch_api/job.c '"batch/job.h"'
    accepts cli/mock.c '"mock/mock.h"'
    accepts bench/mock/upstream.c '<curl/curl.h>'
    accepts bench/load/arrival.c '"load/arrival.h"'
    accepts frontends/http/conn.c '"http/deadlines.h"'
    accepts cli/bench/command.c '"load/driver.h"'
    accepts docs/examples/embed.c '<event2/event.h>'
    accepts test/unit/http.c '<curl/curl.h>'
}

lint_main "$@"
