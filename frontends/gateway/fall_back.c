/* fall_back.c - gives the answer of local.c in place of a failure, in the form that was asked for.
 */
#include <time.h>

#include "gateway/local.h"
#include "gateway/state.h"

bool gateway_fall_back(gateway_exchange *exchange, const glimpse_result *result,
                       const gateway_verdict *failure)
{
    static const gateway_verdict fine = { .status = 200 };
    gateway *gate = exchange->gate;
    const char *words = glimpse_result_essence(result);
    if (!gate->config.fallback || exchange->begun || *words == '\0' ||
        glimpse_result_source(result) != GLIMPSE_SOURCE_LOCAL ||
        !gateway_local_serves(exchange->kind, failure))
        return false;
    const gateway_facts facts = gateway_facts_of(exchange, result, &fine, 0);
    gl_buf body;
    gl_buf_init(&body, 64 * 1024);
    gateway_local_write(gl_slice_str(words), gl_slice_str(glimpse_result_model(result)),
                        gate->process, exchange->number, (int64_t)time(NULL), &body);
    gateway_entry_answered(exchange, 200, NULL);
    bool good = !body.failed;
    if (good && exchange->stream) {
        good = gateway_answer_as_stream(exchange, gl_buf_slice(&body), &facts);
    } else if (good) {
        gl_buf_reset(&gate->head);
        gl_buf_reset(&gate->body);
        gateway_head_write(&facts, &gate->head);
        gateway_send(exchange, 200, "application/json", gl_buf_slice(&body));
    }
    gl_buf_free(&body);
    return good;
}
