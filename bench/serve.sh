#!/bin/sh
# The price of a gateway: `glimpse serve` beside Portkey's gateway and nginx (a plain proxy_pass), all in front of
# `glimpse mock`, in one run on the same two cores:
#
#     sh bench/serve.sh [--tsv] [SECONDS [ROUNDS]]
#
# The gateway alone has CPU 0; the mock and the client share CPU 1. CPU time is that of the gateway's whole tree of
# processes, by the requests that were answered. SECONDS (3) is one measurement, ROUNDS (3) how often each is made,
# by turns; medians. The last lines are one a figure, with tabs between: name, measured, required, "at most" or
# "at least", "held" or "missed"; --tsv prints them alone. Exit 1: one is missed.
#
# Needs wrk, nginx (Debian's nginx-light), node 20 and npm, taskset, python3, two cores, 7,000 descriptors
# (ulimit -n), and build/release/glimpse (or the program that GLIMPSE names). Portkey's gateway comes from npm at the
# version of bench/peers/gateway/package-lock.json, with the @hono/node-server that it ran on: with 1.19 it answers
# each stream with 500. Less than five minutes.
set -eu
cd "$(dirname "$0")/.."
plain=
[ "${1-}" != --tsv ] || { plain=1 && shift; }
glimpse=${GLIMPSE-build/release/glimpse}
[ -x "$glimpse" ] || { echo "serve.sh: no $glimpse; run: sh cmake/bootstrap.sh build" >&2; exit 69; }
for tool in wrk nginx node npm taskset /usr/bin/python3; do
    command -v $tool >/dev/null || { echo "serve.sh: no $tool here" >&2; exit 69; }
done
ulimit -n "$(ulimit -H -n)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge 7000 ] ||
    { echo "serve.sh: 7,000 descriptors are not allowed here (ulimit -n)" >&2; exit 69; }

kept=build/peers/gateway
mkdir -p "$kept"
cp bench/peers/gateway/package.json bench/peers/gateway/package-lock.json "$kept"
[ -d "$kept/node_modules" ] && cmp -s "$kept/package-lock.json" "$kept/installed" ||
    { (cd "$kept" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) && cp "$kept/package-lock.json" "$kept/installed"; } ||
    { cat "$kept/npm.log" >&2; exit 69; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
code=0
# What stays on this machine needs no proxy.
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 /usr/bin/python3 bench/peers/serve.py "$glimpse" "$kept" "$dir" "${1-3}" "${2-3}" \
    >"$dir/out" || code=$?
if [ -n "$plain" ]; then grep -P '^[a-z0-9_]+\t' "$dir/out" || true; else cat "$dir/out"; fi
exit $code
