/* events.c - see events.h. */
#include "base/events.h"

/* Stands before the bytes of an event, without alignment: read and written by memcpy. */
typedef struct header {
    size_t len;               /* of the bytes as they came */
    size_t name_at, name_len; /* from the first of the bytes on */
    size_t data_at, data_len;
    size_t size; /* of all that stands behind the header */
} header;

/* Returns the place of a part in the bytes; SIZE_MAX: it is none of them. */
static size_t place_of(gl_slice bytes, gl_slice part)
{
    const char *found = NULL;
    if (part.len == 0) return 0;
    if (part.len <= bytes.len) found = memmem(bytes.data, bytes.len, part.data, part.len);
    return found != NULL ? (size_t)(found - bytes.data) : SIZE_MAX;
}

bool gl_events_add(gl_buf *events, const gl_event *event)
{
    header head = { .len = event->bytes.len,
                    .name_at = place_of(event->bytes, event->name),
                    .name_len = event->name.len,
                    .data_at = place_of(event->bytes, event->data),
                    .data_len = event->data.len,
                    .size = event->bytes.len };
    bool own_name = head.name_at == SIZE_MAX, own_data = head.data_at == SIZE_MAX;
    if (own_name) {
        head.name_at = head.size;
        head.size += head.name_len;
    }
    if (own_data) {
        head.data_at = head.size;
        head.size += head.data_len;
    }
    if (!gl_buf_reserve(events, sizeof head + head.size)) return false;
    gl_buf_append(events, (const char *)&head, sizeof head);
    gl_buf_append(events, event->bytes.data, event->bytes.len);
    if (own_name) gl_buf_append(events, event->name.data, event->name.len);
    if (own_data) gl_buf_append(events, event->data.data, event->data.len);
    return true;
}

bool gl_events_next(gl_slice events, size_t *at, gl_event *event)
{
    header head;
    if (*at >= events.len) return false;
    memcpy(&head, events.data + *at, sizeof head);
    const char *bytes = events.data + *at + sizeof head;
    event->bytes = gl_slice_of(bytes, head.len);
    event->name = gl_slice_of(bytes + head.name_at, head.name_len);
    event->data = gl_slice_of(bytes + head.data_at, head.data_len);
    *at += sizeof head + head.size;
    return true;
}
