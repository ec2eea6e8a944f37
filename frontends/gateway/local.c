/* local.c - see local.h. */
#include "gateway/local.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"

bool gateway_local_serves(gateway_kind kind, const gateway_verdict *verdict)
{
    static const char *const down[] = { "circuit_open", "upstream_error", "upstream_timeout" };
    if (kind != GATEWAY_CHAT || verdict->code == NULL) return false;
    for (size_t i = 0; i < sizeof down / sizeof *down; i++)
        if (strcmp(verdict->code, down[i]) == 0) return true;
    return false;
}

void gateway_local_write(gl_slice words, gl_slice model, uint64_t process, uint64_t number,
                         int64_t unix_s, gl_buf *out)
{
    gl_buf_printf(out, "{\"id\":\"chatcmpl-local-%016" PRIx64 "-%" PRIu64 "\",\"created\":%" PRId64,
                  process, number, unix_s);
    gl_buf_append_str(out, ",\"object\":\"chat.completion\",\"model\":");
    gl_json_write_string(out, model.len != 0 ? model : gl_slice_str("local"));
    gl_buf_append_str(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                           "\"content\":");
    gl_json_write_string(out, words);
    gl_buf_append_str(out, ",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                           "\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,"
                           "\"total_tokens\":0}}");
}
