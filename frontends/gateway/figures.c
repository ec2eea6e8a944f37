/* figures.c - the gateway's own metrics: its gauges, the counts of tally.c, its callers. */
#include "base/prometheus.h"
#include "gateway/state.h"
#include "gateway/tally.h"

/* Callers with series of their own, in the order of their names; all others are "other". */
#define CALLERS_SHOWN 200

/* --- gauges ----------------------------------------------------------------------------------- */

void gateway_waiting_by_class(const gateway *gate, uint64_t waiting[2])
{
    waiting[0] = waiting[1] = 0;
    gl_node *node = gate->exchanges.head.next;
    for (; node != &gate->exchanges.head; node = node->next) {
        const gateway_exchange *exchange = GL_CONTAINER(node, gateway_exchange, node);
        if (glimpse_request_waits(gate->config.engine, exchange->id)) waiting[exchange->priority]++;
    }
}

static void write_gauge(gl_buf *out, const char *name, const char *help, uint64_t value)
{
    gl_text_family(out, name, "gauge", help);
    gl_text_number(out, name, value);
}

static void write_gauges(const gateway *gate, gl_buf *out)
{
    uint64_t waiting[2];
    const char *name = "glimpse_gateway_queue_depth";
    gateway_waiting_by_class(gate, waiting);
    gl_text_family(out, name, "gauge", "Requests that wait for their turn.");
    gl_text_labelled(out, name, "class", "interactive", waiting[GLIMPSE_PRIORITY_INTERACTIVE]);
    gl_text_labelled(out, name, "class", "bulk", waiting[GLIMPSE_PRIORITY_BULK]);
    write_gauge(out, "glimpse_gateway_requests_under_way",
                "Requests whose answer is not whole, those whose client has left too.",
                gate->count);
    write_gauge(out, "glimpse_gateway_connections", "Connections of clients.",
                httpd_connections(gate->server));
    write_gauge(out, "glimpse_gateway_unsent_bytes",
                "Bytes of answers that clients have not taken yet.",
                httpd_unsent_in_all(gate->server));
    write_gauge(out, "glimpse_gateway_draining", "1 while it accepts nothing new and ends.",
                gate->draining ? 1 : 0);
    const char *dropped = "glimpse_gateway_headers_dropped_total";
    gl_text_family(out, dropped, "counter",
                   "Headers of requests that were not fit to be sent to the endpoint.");
    gl_text_number(out, dropped, gate->headers_dropped);
}

/* --- callers ---------------------------------------------------------------------------------- */

static void add(gateway_share *sum, const gateway_share *share)
{
    sum->answered += share->answered;
    sum->failed += share->failed;
    sum->left += share->left;
    sum->refused += share->refused;
    sum->prompt_tokens += share->prompt_tokens;
    sum->completion_tokens += share->completion_tokens;
}

static void write_row(gl_buf *out, const char *family, const char *caller, const char *label,
                      const char *value, uint64_t number)
{
    gl_buf_append_str(out, family);
    gl_buf_append_char(out, '{');
    gl_text_label(out, true, "caller", gl_slice_str(caller));
    gl_text_label(out, false, label, gl_slice_str(value));
    gl_buf_append_str(out, "} ");
    gl_buf_append_u64(out, number);
    gl_buf_append_char(out, '\n');
}

static void write_requests(gl_buf *out, const char *caller, const gateway_share *share)
{
    static const char name[] = "glimpse_gateway_caller_requests_total";
    write_row(out, name, caller, "result", "answered", share->answered);
    write_row(out, name, caller, "result", "failed", share->failed);
    write_row(out, name, caller, "result", "left", share->left);
    write_row(out, name, caller, "result", "refused", share->refused);
}

static void write_tokens(gl_buf *out, const char *caller, const gateway_share *share)
{
    static const char name[] = "glimpse_gateway_caller_tokens_total";
    write_row(out, name, caller, "type", "input", share->prompt_tokens);
    write_row(out, name, caller, "type", "output", share->completion_tokens);
}

static void write_callers(const gateway *gate, gl_buf *out)
{
    static const struct {
        const char *name, *help;
        void (*write)(gl_buf *out, const char *caller, const gateway_share *share);
    } families[] = {
        { "glimpse_gateway_caller_requests_total", "Requests of a caller.", write_requests },
        { "glimpse_gateway_caller_tokens_total", "Tokens of answers to a caller, stored ones too.",
          write_tokens },
    };
    for (size_t family = 0; family < 2; family++) {
        gateway_share others = { 0 };
        const gateway_caller *caller;
        gl_text_family(out, families[family].name, "counter", families[family].help);
        for (size_t i = 0; (caller = gateway_callers_at(gate->callers, i)) != NULL; i++) {
            if (i < CALLERS_SHOWN && strcmp(caller->name, "other") != 0)
                families[family].write(out, caller->name, &caller->share);
            else
                add(&others, &caller->share);
        }
        families[family].write(out, "other", &others);
    }
}

/* --- all -------------------------------------------------------------------------------------- */

void gateway_metrics(const gateway *gate, gl_buf *out)
{
    if (gate->closed) return;
    write_gauges(gate, out);
    gateway_tally_write(gate->tally, out);
    if (gate->callers != NULL) write_callers(gate, out);
}

void gateway_note_reload(gateway *gate, bool loaded)
{
    gateway_tally_reload(gate->tally, loaded);
}
