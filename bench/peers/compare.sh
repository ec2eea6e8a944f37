#!/bin/sh
# The same fault scripts against Glimpse and the official Node SDK, side by side:
#
#     sh bench/peers/compare.sh
#
# Writes docs/peers.md; takes less than a minute (all of them at once).
# Needs node 20 or later with npm, and a built build/release/glimpse (sh cmake/bootstrap.sh build),
# or the program that GLIMPSE names. Installs the SDK, at the version of package-lock.json, into
# build/peers.
set -eu
cd "$(dirname "$0")/../.."

glimpse=${GLIMPSE-build/release/glimpse}
[ -x "$glimpse" ] || { echo "compare.sh: no $glimpse; run: sh cmake/bootstrap.sh build" >&2; exit 69; }
for tool in node npm; do
    command -v "$tool" >/dev/null || { echo "compare.sh: no $tool here" >&2; exit 69; }
done

mkdir -p build/peers
cp bench/peers/*.js bench/peers/package.json bench/peers/package-lock.json build/peers/
(cd build/peers && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || { cat build/peers/npm.log; exit 69; }
# What stays on this machine needs no proxy.
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 node build/peers/compare.js "$glimpse" docs/peers.md
