#!/bin/sh
# An endpoint that the program describes itself is asked, with its key; what is wrong with it is
# named, without a value. The example is shorter than 60 lines.
. "$(dirname "$0")/lib.sh"

[ "$(wc -l <"$root/docs/examples/endpoint.c")" -lt 60 ] || die "endpoint.c has 60 lines or more"

start_mock --require-key sk-of-the-example
url=$OPENAI_BASE_URL
unset OPENAI_BASE_URL
"$examples/example_endpoint" "$url" sk-of-the-example >"$scratch/answered"
lines_fit "$scratch/answered" '.'

! "$examples/example_endpoint" "$url" sk-canary >"$scratch/none" 2>"$scratch/refused" ||
    die "a wrong key was taken"
lines_fit "$scratch/refused" '^endpoint: '
! grep -q canary "$scratch/refused" || die "the key is shown"

! "$examples/example_endpoint" ftp://canary.example/v1 sk-1 2>"$scratch/named" ||
    die "an endpoint that is none was taken"
lines_fit "$scratch/named" '^endpoint: endpoint.base_url: the scheme must be http or https$'
