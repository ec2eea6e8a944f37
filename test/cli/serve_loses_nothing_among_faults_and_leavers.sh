# 200 callers, some of them streams, who leave or ask the same, and an endpoint that fails at times: each question has
# its own answer, and the endpoint answers none twice. `sh test/show/all.sh GLIMPSE soak` does it for ten minutes.
REQUESTS=4000
script=$(dirname "$script")/../show/soak.sh
. "$script"
