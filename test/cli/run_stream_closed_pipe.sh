# Nobody reads any more: exit 74, said once.
start_mock --token-rate 20
export OPENAI_BASE_URL="$URL"
{
    code=0
    "$GLIMPSE" run --stream 'One two three four five six seven eight nine ten.' 2>err || code=$?
    echo "$code" >code
} | head -c 3 >out
equal exit "$(cat code)" 74
says 'cannot write to standard output'
one_line
