#!/bin/sh
# The cost of loading an endpoint, by client: ceiling, CPU per request and memory, side by side:
#
#     sh bench/peers/load.sh [SECONDS] [ROUNDS [IN-FLIGHT...]]
#
# Writes docs/peers-load.md; with IN-FLIGHT prints lines instead, of 256 with the figures that are required
# (load.py). Needs wrk, h2load (nghttp2-client), python3-aiohttp, node 20 and npm, go (golang-go), taskset, two
# cores, and a built build/release/glimpse (or the program that GLIMPSE names). A client that is not installed is
# left out, and the page says so.
set -eu
cd "$(dirname "$0")/../.."

glimpse=${GLIMPSE-build/release/glimpse}
[ -x "$glimpse" ] || { echo "load.sh: no $glimpse; run: sh cmake/bootstrap.sh build" >&2; exit 69; }
[ -x /usr/bin/python3 ] && command -v taskset >/dev/null || { echo "load.sh: needs python3 and taskset" >&2; exit 69; }

mkdir -p build/peers
cp bench/peers/*.js bench/peers/load*.py bench/peers/package.json bench/peers/package-lock.json bench/peers/wrk_chat.lua build/peers/
if command -v npm >/dev/null; then
    (cd build/peers && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || { cat build/peers/npm.log; exit 69; }
fi
! command -v go >/dev/null || GO111MODULE=off go build -o build/peers/load_go bench/peers/load.go

page=docs/peers-load.md seconds=${1-3} rounds=${2-3}
if [ $# -gt 2 ]; then
    page=-
    shift 2
else
    set --
fi
# What stays on this machine needs no proxy.
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 \
    /usr/bin/python3 build/peers/load.py "$glimpse" $page "$seconds" "$rounds" "$@"
