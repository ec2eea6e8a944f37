# Over one endpoint that is dead, one that is rate-limited and one that is well, the official SDK has all its answers, and
# the dead one sees probes only. `sh test/show/all.sh GLIMPSE serve_pool` asks 1,000 times.
COUNT=300
script=$(dirname "$script")/../show/serve_pool.sh
. "$script"
