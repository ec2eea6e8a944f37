/* words.c - see words.h. */
#include "load/words.h"

#define LETTERS 4
#define BITS    6 /* 64 words */

void load_words_append(gl_buf *out, size_t from, size_t count, gl_rng *rng)
{
    static const char words[1 << BITS][LETTERS + 1] = {
        "time", "year", "work", "life", "hand", "part", "case", "week", "fact", "home", "door",
        "room", "book", "word", "side", "kind", "head", "name", "team", "city", "game", "line",
        "body", "back", "face", "idea", "rate", "road", "form", "plan", "land", "wall", "view",
        "town", "test", "step", "type", "film", "food", "fire", "rule", "care", "cost", "page",
        "tree", "lake", "wind", "ship", "bird", "fish", "song", "king", "farm", "gold", "hill",
        "moon", "rain", "snow", "star", "wood", "iron", "salt", "milk", "rice",
    };
    bool blank = out->len > from;
    uint32_t bits = 0;
    if (!gl_buf_reserve(out, count * (LETTERS + 1))) return;
    char *at = out->data + out->len;
    for (size_t i = 0; i < count; i++) {
        if (i % (32 / BITS) == 0) bits = gl_rng_next(rng);
        if (blank) *at++ = ' ';
        memcpy(at, words[bits & ((1U << BITS) - 1)], LETTERS);
        at += LETTERS;
        bits >>= BITS;
        blank = true;
    }
    out->len = (size_t)(at - out->data);
}
