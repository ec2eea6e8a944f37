/*
 * pack.c - see pack.h.
 *
 * An answer to a pack is believed element by element, and only an element without a fault: a number
 * that was asked for, once, with a text. An error of the model in the list costs the drafts
 * concerned a request of their own, never a wrong answer.
 */
#include "policy/pack.h"

#include "base/siphash.h"

/* The smallest output limit of chat models that are still served (gpt-4-turbo, gpt-3.5-turbo). */
#define ANSWER_TOKENS 4096
/* {"n":12,"text":""}, - the most tokens of it with the tokenizers in use. */
#define TOKENS_AROUND 12

/* --- sharing a request --- */

bool gl_pack_same(const gl_pack_terms *a, const gl_pack_terms *b)
{
    return a->priority == b->priority && a->max_tokens == b->max_tokens &&
           !(a->temperature < b->temperature) && !(a->temperature > b->temperature) &&
           gl_slice_equal(a->goal, b->goal) && gl_slice_equal(a->constraints, b->constraints) &&
           gl_slice_equal(a->model, b->model);
}

uint64_t gl_pack_hash(const gl_pack_terms *terms)
{
    const gl_slice texts[] = { terms->goal, terms->constraints, terms->model };
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hash = gl_hash(hash, texts[i].data, texts[i].len);
    hash = gl_hash(hash, &terms->max_tokens, sizeof terms->max_tokens);
    return gl_hash(hash, &terms->priority, sizeof terms->priority);
}

/* Tokens of answer that all drafts of a pack may have. One draft's own limit is the choice of its
 * caller, which knows the model. */
static int64_t most_tokens(int64_t max_tokens)
{
    return max_tokens > ANSWER_TOKENS ? max_tokens : ANSWER_TOKENS;
}

bool gl_pack_takes(const glimpse_packing *rules, gl_pack_load load, size_t chars,
                   int64_t max_tokens)
{
    size_t most = (size_t)rules->max_chars;
    if (load.drafts >= (size_t)rules->max_drafts || load.drafts >= GLIMPSE_PACK_DRAFTS_MAX)
        return false;
    if (load.chars >= most || chars >= most - load.chars) return false;
    /* An empty pack must have room for a second draft, or packing could gain nothing. */
    int64_t drafts = (int64_t)(load.drafts == 0 ? 2 : load.drafts + 1);
    return max_tokens <= most_tokens(max_tokens) / drafts;
}

int64_t gl_pack_max_tokens(size_t drafts, int64_t max_tokens)
{
    int64_t most = most_tokens(max_tokens), around = (int64_t)(drafts + 1) * TOKENS_AROUND;
    int64_t wanted = max_tokens > most / (int64_t)drafts ? most : max_tokens * (int64_t)drafts;
    return wanted > most - around ? most : wanted + around;
}

/* --- reading the answer --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static gl_slice trim(gl_slice text)
{
    while (text.len != 0 && is_blank(text.data[0])) text = gl_slice_of(text.data + 1, text.len - 1);
    while (text.len != 0 && is_blank(text.data[text.len - 1])) text.len--;
    return text;
}

/* Takes away ```json, a line end before and after the text, and ```, which models without a schema
 * like to write. The end may be missing where the answer was cut. */
static gl_slice without_fence(gl_slice text)
{
    text = trim(text);
    if (text.len < 3 || memcmp(text.data, "```", 3) != 0) return text;
    const char *line_end = memchr(text.data, '\n', text.len);
    if (line_end == NULL) return text;
    size_t first = (size_t)(line_end + 1 - text.data);
    text = trim(gl_slice_of(text.data + first, text.len - first));
    if (text.len >= 3 && memcmp(text.data + text.len - 3, "```", 3) == 0) text.len -= 3;
    return trim(text);
}

/* How far a cut text was read: the open brackets, and the end of the last whole element of the
 * list. */
typedef struct reach {
    size_t depth, list; /* list: depth of the list, 0 while there is none */
    size_t end;         /* behind the last whole element; 0: there is none */
    bool in_string;
} reach;

static void reach_over(reach *r, gl_slice text, size_t *at)
{
    char c = text.data[*at];
    if (r->in_string) {
        if (c == '\\')
            ++*at;
        else
            r->in_string = c != '"';
        return;
    }
    if (c == '"') r->in_string = true;
    if (c == '[' || c == '{') {
        r->depth++;
        if (c == '[' && r->list == 0) r->list = r->depth;
    }
    if (c == ']' || c == '}') {
        if (r->depth != 0) r->depth--;
        if (c == '}' && r->list != 0 && r->depth == r->list) r->end = *at + 1;
    }
}

/* Gives the text up to the end of its last whole element, closed. A text that the brackets do not
 * explain is found by the check that every text must pass. */
static gl_slice close_cut(gl_slice text, gl_buf *scratch)
{
    reach r = { 0 };
    for (size_t at = 0; at < text.len; at++) reach_over(&r, text, &at);
    gl_buf_reset(scratch);
    if (r.end == 0 || r.list > 2) return gl_slice_of("", 0);
    gl_buf_append(scratch, text.data, r.end);
    gl_buf_append_str(scratch, r.list == 2 ? "]}" : "]");
    return scratch->failed ? gl_slice_of("", 0) : gl_buf_slice(scratch);
}

static bool find_list(gl_slice text, gl_json *list)
{
    gl_json root;
    if (gl_json_check(text, &root, NULL) != GL_JSON_OK) return false;
    *list = root.kind == GL_JSON_ARRAY ? root : gl_json_get(root, "answers");
    return list->kind == GL_JSON_ARRAY;
}

/* Returns true when a string can be an answer: not empty, and without half a surrogate pair. */
static bool is_answer(gl_json text)
{
    if (text.kind != GL_JSON_STRING || text.text.len <= 2) return false;
    gl_slice rest = gl_slice_of(text.text.data + 1, text.text.len - 2);
    if (memchr(rest.data, '\\', rest.len) == NULL) return true;
    while (rest.len != 0) {
        uint32_t code = gl_json_next_code(&rest);
        if (code >= 0xD800 && code <= 0xDFFF) return false;
    }
    return true;
}

static void judge(gl_pack_item *item, gl_json text)
{
    if (item->verdict != GL_PACK_MISSING)
        item->verdict = GL_PACK_DUPLICATE;
    else
        item->verdict = is_answer(text) ? GL_PACK_OK : GL_PACK_MALFORMED;
    item->text = text;
}

gl_pack_split gl_pack_read(gl_slice text, bool cut, gl_buf *scratch, gl_pack_item *items,
                           size_t count)
{
    static const char *const names[] = { "n", "text" };
    gl_pack_split split = { 0 };
    gl_json list, element, found[2];
    for (size_t i = 0; i < count; i++) items[i] = (gl_pack_item){ .verdict = GL_PACK_MISSING };
    text = without_fence(text);
    split.is_list = find_list(text, &list);
    if (!split.is_list && cut) split.is_list = find_list(close_cut(text, scratch), &list);
    if (!split.is_list) return split;
    gl_json_iter iter = gl_json_begin(list);
    while (gl_json_next(&iter, NULL, &element)) {
        int64_t n;
        gl_json_get_many(element, names, found, 2);
        if (gl_json_int64(found[0], &n) && n >= 1 && (uint64_t)n <= count)
            judge(&items[n - 1], found[1]);
        else
            split.ignored++;
    }
    for (size_t i = 0; i < count; i++) split.ok += items[i].verdict == GL_PACK_OK;
    return split;
}

/* --- sharing the usage --- */

void gl_pack_share(int64_t total, const uint64_t *weights, size_t count, int64_t *shares)
{
    uint64_t rest[GLIMPSE_PACK_DRAFTS_MAX], sum = 0;
    for (size_t i = 0; i < count; i++) sum += weights[i];
    for (size_t i = 0; i < count; i++) shares[i] = -1;
    if (total < 0 || sum == 0) return;
    /* In two steps, so that no product overflows: part < sum <= 2^31, a weight <= 2^24. */
    uint64_t whole = (uint64_t)total / sum, part = (uint64_t)total % sum, left = (uint64_t)total;
    for (size_t i = 0; i < count; i++) {
        uint64_t share = whole * weights[i] + part * weights[i] / sum;
        rest[i] = part * weights[i] % sum;
        shares[i] = (int64_t)share;
        left -= share;
    }
    for (; left != 0; left--) { /* fewer than count */
        size_t best = 0;
        for (size_t i = 1; i < count; i++)
            if (rest[i] > rest[best]) best = i;
        shares[best]++;
        rest[best] = 0;
    }
}

/* --- one draft's own answer --- */

static void copy_member(const gl_pack_part *part, const char *name, gl_buf *out)
{
    gl_json value = gl_json_get(part->whole, name);
    if (value.kind == GL_JSON_NONE) return;
    gl_buf_append_char(out, ',');
    gl_json_write_string(out, gl_slice_str(name));
    gl_buf_append_char(out, ':');
    gl_buf_append(out, value.text.data, value.text.len);
}

void gl_pack_write_answer(const gl_pack_part *part, gl_buf *out)
{
    gl_buf_append_str(out, "{\"object\":\"chat.completion\"");
    copy_member(part, "id", out);
    copy_member(part, "created", out);
    gl_buf_append_str(out, ",\"model\":");
    gl_json_write_string(out, part->model);
    gl_buf_append_str(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                           "\"content\":");
    gl_json_write_string(out, part->text);
    gl_buf_append_str(out, ",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}]");
    const struct {
        const char *name;
        int64_t count;
    } counts[] = { { "prompt_tokens", part->usage.prompt_tokens },
                   { "completion_tokens", part->usage.completion_tokens },
                   { "total_tokens", part->usage.total_tokens } };
    bool any = false;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].count < 0) continue;
        gl_buf_append_str(out, any ? ",\"" : ",\"usage\":{\"");
        gl_buf_append_str(out, counts[i].name);
        gl_buf_append_str(out, "\":");
        gl_buf_append_i64(out, counts[i].count);
        any = true;
    }
    if (any) gl_buf_append_char(out, '}');
    copy_member(part, "service_tier", out); /* the price depends on it */
    copy_member(part, "system_fingerprint", out);
    gl_buf_append_char(out, '}');
}
