/* class.c - see class.h. */
#include "load/class.h"

#include <stdio.h>
#include <string.h>

#include "load/number.h"

static bool copy(char *to, size_t size, gl_slice text)
{
    if (text.len == 0 || text.len >= size) return false;
    memcpy(to, text.data, text.len);
    to[text.len] = '\0';
    return true;
}

/* Takes the text before the sign off the front, and the sign. */
static gl_slice take(gl_slice *text, char sign)
{
    const char *end = memchr(text->data, sign, text->len);
    size_t len = end != NULL ? (size_t)(end - text->data) : text->len;
    gl_slice taken = gl_slice_of(text->data, len);
    size_t used = len + (end != NULL);
    *text = gl_slice_of(text->data + used, text->len - used);
    return taken;
}

bool load_class_prefix(load_class *kind, gl_slice text)
{
    load_lengths tokens, many;
    char problem[160], part[32];
    if (!load_lengths_parse(&tokens, take(&text, ':'), problem, sizeof problem) ||
        tokens.least != tokens.most || !copy(part, sizeof part, take(&text, ':')) ||
        !load_read_part(part, &kind->prefix_part) || !(kind->prefix_part > 0))
        return false;
    kind->prefix_tokens = tokens.least;
    kind->prefixes = 1;
    if (text.len == 0) return true;
    if (!load_lengths_parse(&many, text, problem, sizeof problem) || many.least != many.most)
        return false;
    kind->prefixes = many.least;
    return true;
}

/* Returns the fault; "" when it is in problem already, NULL without a fault. */
static const char *set(load_class *kind, gl_slice key, gl_slice value, char *problem, size_t size)
{
    char text[160];
    load_lengths *lengths = gl_slice_is(key, "input")    ? &kind->input
                            : gl_slice_is(key, "output") ? &kind->output
                            : gl_slice_is(key, "turns")  ? &kind->turns
                                                         : NULL;
    if (!copy(text, sizeof text, value)) return "has no value, or one that is too long";
    if (lengths != NULL) {
        if (lengths == &kind->output) kind->limited = true;
        return load_lengths_parse(lengths, value, problem, size) ? NULL : "";
    }
    if (gl_slice_is(key, "weight"))
        return load_read_plain(text, &kind->weight) && kind->weight > 0 ? NULL
                                                                        : "is no number above 0";
    if (gl_slice_is(key, "model"))
        return copy(kind->model, sizeof kind->model, value) ? NULL : "is too long";
    if (gl_slice_is(key, "endpoint"))
        return load_endpoint_find(value, &kind->endpoint)
                   ? NULL
                   : "is none of chat, completions, responses, embeddings, rerank";
    if (gl_slice_is(key, "texts")) {
        load_lengths texts;
        bool good = load_lengths_parse(&texts, value, problem, size) && texts.least == texts.most &&
                    texts.most <= LOAD_TEXTS_MAX;
        kind->texts = texts.least;
        return good ? NULL : "is no number from 1 to 1024";
    }
    if (gl_slice_is(key, "prefix"))
        return load_class_prefix(kind, value) ? NULL : "is no TOKENS:PART or TOKENS:PART:HOW-MANY";
    if (gl_slice_is(key, "goodput")) {
        if (!copy(kind->goodput, sizeof kind->goodput, value)) return "is too long";
        return load_slo_parse(&kind->slo, kind->goodput, problem, size) ? NULL : "";
    }
    if (gl_slice_is(key, "stream")) {
        kind->stream = gl_slice_is(value, "on");
        return kind->stream || gl_slice_is(value, "off") ? NULL : "is neither on nor off";
    }
    return "is none of weight, model, endpoint, input, output, turns, texts, prefix, goodput, "
           "stream";
}

const char *load_class_wrong(const load_class *kind)
{
    bool writes = load_endpoint_writes(kind->endpoint);
    bool talks = kind->endpoint == LOAD_CHAT || kind->endpoint == LOAD_RESPONSES;
    if (!writes && kind->limited) return "output is of what writes: chat, completions, responses";
    if (!writes && kind->stream) return "stream is of what writes: chat, completions, responses";
    if (writes && kind->texts > 1) return "texts are of embeddings and rerank";
    if (!talks && kind->turns.most > 1) return "turns are of chat and responses";
    const double *below = kind->slo.below_us;
    if (!kind->stream &&
        (below[LOAD_SLO_TTFT] > 0 || below[LOAD_SLO_TPOT] > 0 || below[LOAD_SLO_CHUNK_GAP] > 0))
        return "goodput of ttft, tpot and chunk_gap is of streams: stream=on, or --stream";
    if (!writes && kind->prefix_tokens > 0)
        return "a shared prefix is of chat, completions, responses";
    return NULL;
}

/* Whether the key stands in the text that was read, behind ':' or ',' and before '='. */
static bool came_before(gl_slice read, gl_slice key)
{
    for (size_t i = 0; key.len > 0 && i + key.len < read.len; i++) {
        size_t end = i + key.len;
        if (i == 0 || strchr(":, \t", read.data[i - 1]) == NULL ||
            memcmp(read.data + i, key.data, key.len) != 0)
            continue;
        while (end < read.len && (read.data[end] == ' ' || read.data[end] == '\t')) end++;
        if (end < read.len && read.data[end] == '=') return true;
    }
    return false;
}

bool load_class_parse(load_class *kind, gl_slice text, char *problem, size_t problem_size)
{
    gl_slice rest = text, name = load_trim(take(&rest, ':'));
    char words[128];
    const char *wrong = NULL;
    if (name.len + 1 > text.len || !copy(kind->name, sizeof kind->name, name)) {
        snprintf(problem, problem_size, "is no NAME:KEY=VALUE,... with a name of up to 31 bytes");
        return false;
    }
    while (rest.len > 0 && wrong == NULL) {
        gl_slice key = load_trim(take(&rest, '=')), value = rest;
        /* The value ends before the comma that precedes the next key. */
        const char *next = rest.len > 0 ? memchr(rest.data, '=', rest.len) : NULL;
        if (next != NULL) {
            const char *comma = memrchr(rest.data, ',', (size_t)(next - rest.data));
            if (comma == NULL) next = NULL;
            if (comma != NULL) value.len = (size_t)(comma - rest.data);
        }
        size_t used = value.len + (next != NULL);
        rest = gl_slice_of(rest.data + used, rest.len - used);
        words[0] = '\0';
        wrong = came_before(gl_slice_of(text.data, (size_t)(key.data - text.data)), key)
                    ? "is there twice"
                    : set(kind, key, load_trim(value), words, sizeof words);
        if (wrong != NULL)
            snprintf(problem, problem_size, "%.*s: %.*s %s", (int)name.len, name.data,
                     (int)(key.len < 40 ? key.len : 40), key.data,
                     wrong[0] != '\0' ? wrong : words);
    }
    if (wrong != NULL) return false;
    wrong = load_class_wrong(kind);
    if (wrong != NULL) snprintf(problem, problem_size, "%.*s: %s", (int)name.len, name.data, wrong);
    return wrong == NULL;
}
