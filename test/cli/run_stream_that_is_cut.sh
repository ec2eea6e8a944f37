# What was printed stays, the stand-in is not printed behind it, and nothing is sent again.
start_mock --fault truncate:100% --token-rate 200
export OPENAI_BASE_URL="$URL"
expect 1 "$GLIMPSE" run --stream 'One two three four.'
equal text "$(cat out)" 'One two'
equal "line ends" "$(wc -l <out)" 1
says 'the stream ended before the answer did'
equal requests "$(mock_stats .requests)" 1
