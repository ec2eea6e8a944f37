# Whatever a server does, the counts of a report are those of its log: requests, attempts, answers, failures, tokens.
# `sh test/show/all.sh GLIMPSE truth` holds the times against it as well, which takes a quiet machine.
COUNTS=1
script=$(dirname "$script")/../show/truth.sh
. "$script"
