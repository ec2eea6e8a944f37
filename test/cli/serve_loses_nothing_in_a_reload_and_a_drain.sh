# While keys are read again, and while one gateway hands its socket to the next and drains, each request has its answer
# and is sent once. `sh test/show/all.sh GLIMPSE serve_reload` does it at 500 a second.
RATE=100 SECONDS_LONG=10
script=$(dirname "$script")/../show/serve_reload.sh
. "$script"
