# The lines of the measurements, read by the scripts that send them: raw chat lines of 400 bytes, all
# different.
lines() { # COUNT
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < 8; i++)
            words = words "summarize the quarterly report of the northern branch and name three risks in plain words. "
        for (i = 0; i < count; i++) {
            begin = sprintf("{\"custom_id\":\"line-%06d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a careful assistant that answers in full sentences.\"},{\"role\":\"user\",\"content\":\"Item %06d: ", i, i)
            end = "\"}],\"max_tokens\":200,\"temperature\":0.7}}"
            print begin substr(words, 1, 400 - length(begin) - length(end)) end
        }
    }'
}
