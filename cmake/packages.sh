# packages.sh - what the scripts share: Debian packages, steps with a log, builds. Sourced, from the
# top of the tree, by bootstrap.sh, coverage.sh and test/distros.sh.

# What the library is compiled with and from. ca-certificates: an https endpoint has to be verified.
# zlib and libzstd: compressed bodies of requests to `glimpse serve`.
build_packages="gcc libc6-dev cmake ninja-build pkg-config libevent-dev libcurl4-openssl-dev
                libjson-c-dev libssl-dev libsqlite3-dev zlib1g-dev libzstd-dev ca-certificates"
# The test run: cmocka; jq, curl and perl to speak with the program and read what it wrote; nghttpx
# and libnghttp2 to speak HTTP/2; valgrind to count instructions.
test_packages="libcmocka-dev curl jq perl nghttp2-proxy libnghttp2-dev valgrind"
# What only some checks need, 1.6 GB on a bare Debian 12: clang with its sanitizers, and llvm to turn addresses into
# lines; clang-format; prometheus and its promtool to scrape --metrics; chromium to open the page that
# bench writes; node and npm for the official SDK against the mock and for llhttp; slowhttptest for
# test/show/slow_clients.sh; nginx and haproxy in front of `glimpse serve`. The format is that of
# clang-format 19 and later, which Debian 12 has under this name.
optional_packages="clang libclang-rt-dev llvm prometheus chromium slowhttptest nginx-light haproxy"
if grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
    optional_packages="$optional_packages clang-format-19"
else
    optional_packages="$optional_packages clang-format"
fi
# Not beside a node that comes from elsewhere, with which Debian's cannot be installed.
command -v npm >/dev/null || optional_packages="$optional_packages nodejs npm"

jobs=$(nproc)

say() { printf '%s\n' "$*"; }

fail() { # exit code, message
    printf '%s: %s\n' "${0##*/}" "$2" >&2
    exit "$1"
}

# --- packages --------------------------------------------------------------------------------------

missing_of() { # the packages among the arguments that are not installed
    for package in "$@"; do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        case "$state" in
        installed*) ;; # twice the word where two architectures have it
        *) printf ' %s' "$package" ;;
        esac
    done
}

install_packages() { # why, packages...
    why=$1
    shift
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "No Debian packages here: taking for granted what $why needs."
        return
    fi
    missing=$(missing_of "$@")
    [ -n "$missing" ] || return 0
    say "Installing what $why needs and this machine lacks:$missing"

    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        fail 69 "this needs root or sudo. Ask someone who has it to run:
    apt-get update && apt-get install --no-install-recommends$missing"
    fi
    # shellcheck disable=SC2086  # as_root is nothing or one word; missing is many
    {
        step "package lists" $as_root apt-get update -q
        step "packages" $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends $missing
    }
}

# --- steps -----------------------------------------------------------------------------------------

step() { # name, command...
    name=$1
    shift
    mkdir -p build/log
    log="build/log/$(printf '%s' "$name" | tr -c 'a-z0-9' '-').log"
    printf '%s ... ' "$name"
    if "$@" </dev/null >"$log" 2>&1; then
        say "ok"
    else
        code=$?
        say "FAILED ($code): $*"
        cat "$log"
        fail 70 "$name failed; the log above is $log"
    fi
}

build() { # preset
    # A tree that was configured elsewhere (a copied directory) cannot be used again.
    if [ -f "build/$1/CMakeCache.txt" ] &&
        ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$(pwd -P)" "build/$1/CMakeCache.txt"; then
        rm -rf "build/$1"
    fi
    step "configure $1" cmake --preset "$1"
    step "build $1" cmake --build --preset "$1" --parallel "$jobs"
}
