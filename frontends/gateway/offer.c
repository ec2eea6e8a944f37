/* offer.c - see offer.h. */
#include "gateway/offer.h"

#include "base/json.h"

#define SHOWN_MAX  8
#define NAME_BYTES 200
#define TEXT_MAX   ((size_t)16 * 1024)

/* With the escapes of JSON: a NUL would end the sentence. */
static void quote(gl_buf *out, gl_slice name)
{
    size_t begin = out->len;
    bool cut = name.len > NAME_BYTES;
    gl_json_write_string(out, gl_slice_of(name.data, cut ? NAME_BYTES : name.len));
    if (out->failed) return;
    out->data[begin] = '\'';
    out->data[out->len - 1] = '\'';
    if (cut) gl_buf_append_str(out, "...");
}

void gateway_offer_begin(gateway_offer *offer, const char *words, gl_slice name)
{
    offer->shown = 0;
    gl_buf_init(&offer->text, TEXT_MAX);
    gl_buf_append_str(&offer->text, words);
    if (name.len == 0) return;
    gl_buf_append_char(&offer->text, ' ');
    quote(&offer->text, name);
}

bool gateway_offer_add(gateway_offer *offer, gl_slice name)
{
    if (offer->shown == SHOWN_MAX) {
        gl_buf_append_str(&offer->text, " and more");
        return false;
    }
    gl_buf_append_str(&offer->text, offer->shown++ == 0 ? "; some that there are: " : ", ");
    quote(&offer->text, name);
    return true;
}

const char *gateway_offer_end(gateway_offer *offer)
{
    gl_buf_append_char(&offer->text, '.');
    return gl_buf_terminate(&offer->text) ? offer->text.data : "There is no such model.";
}

void gateway_offer_free(gateway_offer *offer)
{
    gl_buf_free(&offer->text);
}
