/*
 * events.c - see events.h.
 *
 * A record is numbers in groups of seven bits, the low ones first, and then text:
 *
 *     text length * 2 + 1 if it is whole; length of the bytes; place and length of name and data;
 *     of a difference: bytes back to the whole record, bytes in common before and behind the text
 */
#include "base/events.h"

#include <string.h>

/* Records between two whole ones: more would cost a reader at another place more. */
#define RUN_MAX 16
/* Larger texts are kept whole: two copies of a text are kept for the differences. */
#define DIFFERENCE_MAX ((size_t)16 * 1024)
/* The numbers of a record, and the bytes of one. */
#define NUMBERS_MAX ((size_t)9 * 10)
/* Memory kept from one stream to the next. */
#define KEEP_BYTES ((size_t)4096)

void gl_events_init(gl_events *events)
{
    *events = (gl_events){ .run = 0 };
    gl_buf_init(&events->kept, SIZE_MAX / 2);
    gl_buf_init(&events->last, SIZE_MAX / 2);
    gl_buf_init(&events->text, SIZE_MAX / 2);
}

void gl_events_free(gl_events *events)
{
    gl_buf_free(&events->kept);
    gl_buf_free(&events->last);
    gl_buf_free(&events->text);
}

void gl_events_reset(gl_events *events)
{
    gl_buf_recycle(&events->kept, KEEP_BYTES);
    gl_buf_recycle(&events->last, KEEP_BYTES);
    gl_buf_recycle(&events->text, KEEP_BYTES);
    events->run = events->whole = 0;
    events->read.end = 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static char *put(char *to, size_t number)
{
    for (; number >= 0x80; number >>= 7) *to++ = (char)(number | 0x80);
    *to++ = (char)number;
    return to;
}

/* Returns the place of a part in the bytes; SIZE_MAX: it is none of them. */
static size_t place_of(gl_slice bytes, gl_slice part)
{
    if (part.len == 0) return 0;
    const char *found = gl_slice_find(bytes, part);
    return found != NULL ? (size_t)(found - bytes.data) : SIZE_MAX;
}

/* Returns how many of the first, or of the last, `most` bytes are equal. */
static size_t same_before(const char *a, const char *b, size_t most)
{
    size_t n = 0;
    uint64_t x, y;
    for (; most - n >= sizeof x; n += sizeof x) {
        memcpy(&x, a + n, sizeof x);
        memcpy(&y, b + n, sizeof y);
        if (x != y) break;
    }
    while (n < most && a[n] == b[n]) n++;
    return n;
}

static size_t same_behind(const char *a_end, const char *b_end, size_t most)
{
    size_t n = 0;
    uint64_t x, y;
    for (; most - n >= sizeof x; n += sizeof x) {
        memcpy(&x, a_end - n - sizeof x, sizeof x);
        memcpy(&y, b_end - n - sizeof y, sizeof y);
        if (x != y) break;
    }
    while (n < most && a_end[-1 - (ptrdiff_t)n] == b_end[-1 - (ptrdiff_t)n]) n++;
    return n;
}

static char *put_places(char *to, const gl_event_place *place)
{
    to = put(to, place->len);
    to = put(to, place->name_at);
    to = put(to, place->name_len);
    to = put(to, place->data_at);
    return put(to, place->data_len);
}

static bool add_whole(gl_events *events, const gl_event *event, gl_event_place *place)
{
    char numbers[NUMBERS_MAX];
    bool own_name = place->name_at == SIZE_MAX, own_data = place->data_at == SIZE_MAX;
    size_t size = event->bytes.len;
    if (own_name) place->name_at = size;
    if (own_name) size += event->name.len;
    if (own_data) place->data_at = size;
    if (own_data) size += event->data.len;
    /* The text of one with parts of its own is nobody's neighbour. */
    bool base = !own_name && !own_data && size <= DIFFERENCE_MAX;
    char *end = put_places(put(numbers, size * 2 + 1), place);
    gl_buf_reset(&events->last);
    if (!gl_buf_reserve(&events->kept, (size_t)(end - numbers) + size) ||
        (base && !gl_buf_reserve(&events->last, size))) {
        events->run = 0;
        return false;
    }
    events->whole = events->kept.len;
    events->run = base;
    gl_buf_append(&events->kept, numbers, (size_t)(end - numbers));
    gl_buf_append(&events->kept, event->bytes.data, event->bytes.len);
    if (own_name) gl_buf_append(&events->kept, event->name.data, event->name.len);
    if (own_data) gl_buf_append(&events->kept, event->data.data, event->data.len);
    if (base) gl_buf_append(&events->last, event->bytes.data, event->bytes.len);
    return true;
}

static bool add_difference(gl_events *events, gl_slice text, const gl_event_place *place)
{
    char numbers[NUMBERS_MAX];
    gl_buf *last = &events->last;
    size_t most = last->len < text.len ? last->len : text.len;
    size_t before = same_before(last->data, text.data, most);
    size_t behind = same_behind(last->data + last->len, text.data + text.len, most - before);
    size_t len = text.len - before - behind;
    char *end = put_places(put(numbers, len * 2), place);
    end = put(end, events->kept.len - events->whole);
    end = put(put(end, before), behind);
    /* Reading must not lack memory: room for it is made here. */
    if (!gl_buf_reserve(&events->kept, (size_t)(end - numbers) + len) ||
        !gl_buf_reserve(last, text.len) || !gl_buf_reserve(&events->text, text.len))
        return false;
    events->run++;
    gl_buf_append(&events->kept, numbers, (size_t)(end - numbers));
    gl_buf_append(&events->kept, text.data + before, len);
    gl_buf_reset(last);
    gl_buf_append(last, text.data, text.len);
    return true;
}

bool gl_events_add(gl_events *events, const gl_event *event)
{
    gl_event_place place = { .len = event->bytes.len,
                             .name_at = place_of(event->bytes, event->name),
                             .name_len = event->name.len,
                             .data_at = place_of(event->bytes, event->data),
                             .data_len = event->data.len };
    bool difference = events->run != 0 && events->run < RUN_MAX &&
                      event->bytes.len <= DIFFERENCE_MAX && place.name_at != SIZE_MAX &&
                      place.data_at != SIZE_MAX;
    return difference ? add_difference(events, event->bytes, &place)
                      : add_whole(events, event, &place);
}

/* --- reading ---------------------------------------------------------------------------------- */

static size_t take(const char **from)
{
    size_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = (unsigned char)*(*from)++;
        number |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return number;
    }
}

/* Makes the text of a difference from the text that was read last, its neighbour's. */
static void apply(gl_events *events, size_t before, gl_slice middle, size_t behind)
{
    const gl_event_place *read = &events->read;
    gl_buf *text = &events->text;
    char *to = text->data;
    const char *from = read->whole ? events->kept.data + read->text_at : text->data;
    size_t len = read->len; /* of a whole neighbour too: it has no parts of its own */
    memmove(to + before + middle.len, from + len - behind, behind);
    if (read->whole) memcpy(to, from, before);
    if (middle.len != 0) memcpy(to + before, middle.data, middle.len);
    text->len = before + middle.len + behind;
}

/* Reads the record at a place; of a difference, its neighbour was read last. */
static void read_record(gl_events *events, size_t at)
{
    const char *from = events->kept.data + at;
    size_t length = take(&from), before = 0, behind = 0;
    gl_event_place place = { .at = at, .whole = (length & 1) != 0 };
    place.len = take(&from);
    place.name_at = take(&from);
    place.name_len = take(&from);
    place.data_at = take(&from);
    place.data_len = take(&from);
    if (!place.whole) {
        (void)take(&from);
        before = take(&from);
        behind = take(&from);
    }
    place.text_at = (size_t)(from - events->kept.data);
    place.end = place.text_at + length / 2;
    if (!place.whole) apply(events, before, gl_slice_of(from, length / 2), behind);
    events->read = place;
}

/* Returns where the whole record stands that the one at a place depends on: itself, maybe. */
static size_t whole_of(const gl_events *events, size_t at)
{
    const char *from = events->kept.data + at;
    if ((take(&from) & 1) != 0) return at;
    for (int i = 0; i < 5; i++) (void)take(&from);
    return at - take(&from);
}

bool gl_events_next(gl_events *events, size_t end, size_t *at, gl_event *event)
{
    gl_event_place *read = &events->read;
    if (*at >= end) return false;
    if (read->end == 0 || read->at != *at) {
        if (read->end != *at) {
            for (size_t next = whole_of(events, *at); next != *at; next = read->end)
                read_record(events, next);
        }
        read_record(events, *at);
    }
    const char *text = read->whole ? events->kept.data + read->text_at : events->text.data;
    event->bytes = gl_slice_of(text, read->len);
    event->name = gl_slice_of(text + read->name_at, read->name_len);
    event->data = gl_slice_of(text + read->data_at, read->data_len);
    *at = read->end;
    return true;
}
