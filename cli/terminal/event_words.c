/* event_words.c - see event_words.h. */
#include "terminal/event_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char key_stopped[] = "key_stopped";

static const struct {
    const char *event;
    const char *before, *field, *behind; /* before NULL: printed elsewhere; field NULL: none */
} table[] = {
    { "sampler_fallback", NULL, NULL, NULL }, /* session.c */
    { "sampler_refused", NULL, NULL, NULL },
    { "store_read_only", NULL, NULL, NULL },
    { "alert", NULL, NULL, NULL },
    { key_stopped, "the endpoint is left out (", "error",
      "): its key is refused, or the key's money is used up" },
    { "key_resumed", "the endpoint takes its key again", NULL, "" },
    { "circuit_opened", "the endpoint is failing (", "error",
      "); it is asked less until it answers again" },
    { "circuit_closed", "the endpoint answers again", NULL, "" },
    { "packing_stopped", "three packs in a row answered nobody; drafts go out alone from here on",
      NULL, "" },
    { "store_given_up", "--cache-store: it is not used any more in this run: ", "reason", "" },
    { "store_not_written", "--cache-store: answers cannot be kept: ", "reason", "" },
    { "store_entry_damaged", "--cache-store: an entry is damaged and passed over: ", "reason", "" },
    { "store_read_failed", "--cache-store: an entry cannot be read: ", "reason", "" },
    { "libevent", "libevent: ", "message", "" },
};

static const char the_endpoint[] = "the endpoint";

static const glimpse_log_field *field_of(const glimpse_log_event *event, const char *name)
{
    for (size_t i = 0; i < event->field_count; i++)
        if (strcmp(event->fields[i].name, name) == 0) return &event->fields[i];
    return NULL;
}

/* For answers that are errors the status is more specific than the word. */
static void put_value(const glimpse_log_event *event, const char *name, char *text, size_t size)
{
    const glimpse_log_field *status = field_of(event, "http_status");
    const glimpse_log_field *field = field_of(event, name);
    if (strcmp(name, "error") == 0 && status != NULL && status->number > 0)
        snprintf(text, size, "HTTP %" PRId64, status->number);
    else
        snprintf(text, size, "%s", field != NULL && field->text != NULL ? field->text : "");
}

event_telling event_words(const glimpse_log_event *event, char *text, size_t size)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char value[300] = "";
        if (strcmp(table[i].event, event->name) != 0) continue;
        if (table[i].before == NULL) return EVENT_SAID;
        if (table[i].field != NULL) put_value(event, table[i].field, value, sizeof value);
        const char *before = table[i].before;
        const glimpse_log_field *endpoint = field_of(event, "endpoint"); /* of a pool */
        bool named =
            endpoint != NULL && strncmp(before, the_endpoint, sizeof the_endpoint - 1) == 0;
        snprintf(text, size, "%s%s%s%s%s", named ? "the endpoint " : "",
                 named ? endpoint->text : "", before + (named ? sizeof the_endpoint - 1 : 0), value,
                 table[i].behind);
        return endpoint == NULL && table[i].event == key_stopped ? EVENT_LAST : EVENT_WORDS;
    }
    return EVENT_UNKNOWN;
}
