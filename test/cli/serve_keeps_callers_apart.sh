# Two callers with the same body are two requests to the endpoint, plain and streamed, in flight, from memory, from the
# store, after a reload and after a restart; in one share group they are one.
script=$(dirname "$script")/../show/serve_scopes.sh
. "$script"
