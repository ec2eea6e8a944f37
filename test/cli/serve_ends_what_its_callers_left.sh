# Whoever leaves before the head, before the first token or in the middle takes the request to the endpoint along; with
# --on-disconnect finish the answer is in the cache. `sh test/show/all.sh GLIMPSE serve_leavers` measures how soon.
COUNT=60 EXACT=1
script=$(dirname "$script")/../show/serve_leavers.sh
. "$script"
