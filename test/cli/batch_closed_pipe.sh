# A reader that goes away ends the job with 74, not with a signal.
drafts 5000 >in
code=0
{ "$GLIMPSE" batch in -o - --sampler local 2>err || echo $? >code; } | head -n 1 >out
equal exit "$(cat code)" 74
says 'standard output' 'Broken pipe'
