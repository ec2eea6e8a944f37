/*
 * merge.c - see merge.h: adds the chunks. Owns one buffer for each string that grows. Sees no
 * events and no errors, which stream.c has looked for before.
 */
#include "openai/merge_internal.h"

#include "base/alloc.h"
#include "base/array.h"
#include "openai/content.h"
#include "openai/finish.h"

/* --- memory --- */

enum { OF_CALL = 4, OF_CHOICE = 5 };

static void call_bufs(call *c, gl_buf *bufs[OF_CALL])
{
    gl_buf *all[OF_CALL] = { &c->id, &c->type, &c->name, &c->arguments };
    memcpy(bufs, all, sizeof all);
}

static void choice_bufs(gl_merge_choice *choice, gl_buf *bufs[OF_CHOICE])
{
    gl_buf *all[OF_CHOICE] = { &choice->content, &choice->refusal, &choice->parts, &choice->role,
                               &choice->finish_reason };
    memcpy(bufs, all, sizeof all);
}

static void init_bufs(gl_buf *const *bufs, size_t count)
{
    for (size_t i = 0; i < count; i++) gl_buf_init(bufs[i], SIZE_MAX / 2);
}

static void free_bufs(gl_buf *const *bufs, size_t count)
{
    for (size_t i = 0; i < count; i++) gl_buf_free(bufs[i]);
}

static void call_free(call *c)
{
    gl_buf *bufs[OF_CALL];
    call_bufs(c, bufs);
    free_bufs(bufs, OF_CALL);
    gl_members_free(&c->others);
    gl_members_free(&c->of_function);
}

static void call_init(call *c, int64_t index)
{
    *c = (call){ .index = index };
    gl_buf *bufs[OF_CALL];
    call_bufs(c, bufs);
    init_bufs(bufs, OF_CALL);
}

static void choice_free(gl_merge_choice *choice)
{
    gl_buf *bufs[OF_CHOICE];
    choice_bufs(choice, bufs);
    free_bufs(bufs, OF_CHOICE);
    gl_members_free(&choice->logprobs);
    gl_members_free(&choice->of_message);
    gl_members_free(&choice->others);
    for (size_t i = 0; i < choice->count; i++) call_free(&choice->calls[i]);
    gl_free(choice->calls);
    call_free(&choice->function);
}

static void choice_init(gl_merge_choice *choice, int64_t index)
{
    *choice = (gl_merge_choice){ .index = index };
    gl_buf *bufs[OF_CHOICE];
    choice_bufs(choice, bufs);
    init_bufs(bufs, OF_CHOICE);
    call_init(&choice->function, 0);
}

/* Of the whole completion, in the order of `names` in gl_merge_add. */
enum { ID, CREATED, MODEL, TIER, FINGERPRINT, USAGE, TOP, CHOICES = TOP, OBJECT, PADDING, MEMBERS };

static void top_bufs(gl_merge *merge, gl_buf *bufs[TOP])
{
    gl_buf *all[TOP] = { &merge->id,   &merge->created,     &merge->model,
                         &merge->tier, &merge->fingerprint, &merge->usage };
    memcpy(bufs, all, sizeof all);
}

void gl_merge_init(gl_merge *merge)
{
    *merge = (gl_merge){ 0 };
    gl_buf *bufs[TOP];
    top_bufs(merge, bufs);
    init_bufs(bufs, TOP);
    gl_buf_init(&merge->text, SIZE_MAX / 2);
}

void gl_merge_reset(gl_merge *merge)
{
    gl_merge_free(merge);
    gl_merge_init(merge);
}

void gl_merge_free(gl_merge *merge)
{
    gl_buf *bufs[TOP];
    top_bufs(merge, bufs);
    free_bufs(bufs, TOP);
    gl_members_free(&merge->others);
    for (size_t i = 0; i < merge->count; i++) choice_free(&merge->choices[i]);
    gl_free(merge->choices);
    gl_buf_free(&merge->text);
}

/* --- adding --- */

static void append(gl_merge *merge, gl_buf *to, gl_slice text)
{
    gl_buf_append(to, text.data, text.len);
    if (to->failed) merge->failed = true;
}

static void grow(gl_merge *merge, gl_buf *to, gl_json string)
{
    append(merge, to, gl_slice_of(string.text.data + 1, string.text.len - 2));
}

/* Puts a value in the place of the last one. */
static void replace(gl_merge *merge, gl_buf *to, gl_json value)
{
    gl_buf_reset(to);
    append(merge, to, value.text);
}

static bool is_absent(gl_json value)
{
    return value.kind == GL_JSON_NONE || value.kind == GL_JSON_NULL;
}

/* Absent, or one of the values that some servers send for absent. */
static bool is_nothing(gl_json value)
{
    return is_absent(value) || value.kind == GL_JSON_FALSE ||
           (value.text.len == 2 && value.kind != GL_JSON_NUMBER); /* "", [] or {} */
}

static void keep_first(gl_merge *merge, gl_buf *to, gl_json string)
{
    if (gl_json_has_text(string) && to->len == 0) append(merge, to, string.text);
}

/* Finds the end of the elements up to this index in an array in the order of indices. The wanted
 * one is nearly always the last. */
#define FIND(array, length, wanted, at)                                                            \
    for (at = (length); at > 0 && (array)[at - 1].index > (wanted); at--)

/* Adds the members of an object that have none of these names. */
static void add_others(gl_merge *merge, gl_members *to, gl_json object, const char *const *names,
                       size_t count, gl_members_rule rule)
{
    gl_json_iter iter = gl_json_begin(object);
    gl_json name, value;
    while (gl_json_next(&iter, &name, &value)) {
        size_t i = 0;
        while (i < count && !gl_json_string_is(name, names[i])) i++;
        if (i == count) gl_members_add(to, name, value, rule, &merge->pool);
    }
}

/* Room for one more in an array of up to GL_MERGE_MAX; NULL: out of memory. */
static void *room(gl_merge *merge, void *array, size_t count, size_t *capacity, size_t size)
{
    void *grown = gl_array_room(array, capacity, count + 1, 1, size);
    merge->failed = merge->failed || grown == NULL;
    return grown;
}

static gl_merge_choice *find_choice(gl_merge *merge, int64_t index)
{
    size_t at;
    FIND(merge->choices, merge->count, index, at);
    if (at > 0 && merge->choices[at - 1].index == index) return &merge->choices[at - 1];
    gl_merge_choice *array =
        room(merge, merge->choices, merge->count, &merge->capacity, sizeof *array);
    if (array == NULL) return NULL;
    merge->choices = array;
    memmove(&array[at + 1], &array[at], (merge->count - at) * sizeof *array);
    merge->count++;
    choice_init(&array[at], index);
    return &array[at];
}

static bool same_text(const gl_buf *kept, gl_json string)
{
    return gl_slice_equal(gl_buf_slice(kept), string.text);
}

/* Returns true when this delta is the first of another call under a used index: some servers give
 * each call the same index. A name comes once a call; an id, with some servers, in each delta. */
static bool begins_another(const call *c, gl_json id, gl_json name)
{
    if (!gl_json_has_text(name)) return false;
    if (gl_json_has_text(id)) return c->id.len != 0 && !same_text(&c->id, id);
    return c->arguments.len != 0 && !same_text(&c->name, name);
}

/* NULL: out of memory (`failed` is set), or one call too many. */
static call *find_call(gl_merge *merge, gl_merge_choice *choice, int64_t index, gl_json id,
                       gl_json name)
{
    size_t at;
    FIND(choice->calls, choice->count, index, at);
    if (at > 0 && choice->calls[at - 1].index == index &&
        !begins_another(&choice->calls[at - 1], id, name))
        return &choice->calls[at - 1];
    if (choice->count == GL_MERGE_MAX) return NULL;
    call *array = room(merge, choice->calls, choice->count, &choice->capacity, sizeof *array);
    if (array == NULL) return NULL;
    choice->calls = array;
    memmove(&array[at + 1], &array[at], (choice->count - at) * sizeof *array);
    choice->count++;
    call_init(&array[at], index);
    return &array[at];
}

static bool valid_index(gl_json value, int64_t *index)
{
    return gl_json_int64(value, index) && *index >= 0 && *index < GL_MERGE_MAX;
}

static void add_function(gl_merge *merge, call *c, gl_json function)
{
    static const char *const names[] = { "name", "arguments" };
    gl_json found[2];
    bool others = gl_json_get_many(function, names, found, 2);
    keep_first(merge, &c->name, found[0]);
    size_t known = 2;
    if (found[1].kind == GL_JSON_STRING) {
        c->has_arguments = true;
        grow(merge, &c->arguments, found[1]);
    } else if (found[1].kind != GL_JSON_NONE && !c->has_arguments) {
        known = 1; /* as an object */
        others = true;
    }
    if (others) add_others(merge, &c->of_function, function, names, known, GL_MEMBERS_GROW);
}

/* Gemini's endpoint sends no index: then another id begins the next call, and other deltas continue
 * the last one. */
static bool index_of_call(const gl_merge_choice *choice, gl_json index, gl_json id, int64_t *out)
{
    if (index.kind != GL_JSON_NONE && index.kind != GL_JSON_NULL) return valid_index(index, out);
    const call *last = choice->count != 0 ? &choice->calls[choice->count - 1] : NULL;
    *out = last != NULL ? last->index : 0;
    if (last != NULL && gl_json_has_text(id) && !same_text(&last->id, id)) (*out)++;
    return *out < GL_MERGE_MAX;
}

static bool add_call(gl_merge *merge, gl_merge_choice *choice, gl_json item)
{
    enum { INDEX, CALL_ID, TYPE, FUNCTION, COUNT };
    static const char *const names[COUNT] = { "index", "id", "type", "function" };
    gl_json found[COUNT];
    int64_t index;
    if (item.kind != GL_JSON_OBJECT) return is_absent(item);
    bool others = gl_json_get_many(item, names, found, COUNT);
    if (!index_of_call(choice, found[INDEX], found[CALL_ID], &index)) return false;
    call *c = find_call(merge, choice, index, found[CALL_ID], gl_json_get(found[FUNCTION], "name"));
    if (c == NULL) return merge->failed;
    keep_first(merge, &c->id, found[CALL_ID]);
    keep_first(merge, &c->type, found[TYPE]);
    add_function(merge, c, found[FUNCTION]);
    if (others) add_others(merge, &c->others, item, names, COUNT, GL_MEMBERS_GROW);
    return true;
}

/* Adds a list of calls, or one without a list around it. */
static bool add_calls(gl_merge *merge, gl_merge_choice *choice, gl_json calls)
{
    gl_json_iter iter = gl_json_begin(calls);
    gl_json item;
    if (calls.kind == GL_JSON_OBJECT) return add_call(merge, choice, calls);
    while (gl_json_next(&iter, NULL, &item))
        if (!add_call(merge, choice, item)) return false;
    return calls.kind == GL_JSON_ARRAY;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whether JSON text ends in the escape of a high surrogate, which the next may complete. */
static bool ends_in_half(gl_slice text)
{
    if (text.len < 6) return false;
    const char *escape = text.data + text.len - 6;
    size_t backslashes = 0;
    while (escape - backslashes >= text.data && escape[-(ptrdiff_t)backslashes] == '\\')
        backslashes++;
    if (backslashes % 2 == 0 || escape[1] != 'u' || hex_digit(escape[2]) != 0xd) return false;
    int second = hex_digit(escape[3]);
    return second >= 8 && second <= 0xb;
}

static void decode(gl_merge *merge, const gl_buf *content)
{
    if (content->len == merge->decoded) return;
    gl_slice news = gl_slice_of(content->data + merge->decoded, content->len - merge->decoded);
    if (ends_in_half(news)) news.len -= 6;
    gl_json_text_append(news, &merge->text, NULL);
    merge->decoded += news.len;
    if (merge->text.failed) merge->failed = true;
}

/* Adds text of the content, with its JSON escapes. */
static void add_text(gl_merge *merge, gl_merge_choice *choice, gl_json string)
{
    choice->has_content = true;
    grow(merge, &choice->content, string);
    if (choice->index == 0 && !merge->failed) decode(merge, &choice->content);
}

/* --- a content that is a list --- */

static void close_part(gl_merge *merge, gl_merge_choice *choice)
{
    if (choice->part_open) append(merge, &choice->parts, gl_slice_str("\"}"));
    choice->part_open = false;
}

/* Text continues the last part, if that is a text. */
static void add_to_part(gl_merge *merge, gl_merge_choice *choice, gl_slice inside)
{
    if (!choice->part_open) {
        if (choice->parts.len != 0) append(merge, &choice->parts, gl_slice_str(","));
        append(merge, &choice->parts, gl_slice_str("{\"type\":\"text\",\"text\":\""));
    }
    choice->part_open = true;
    append(merge, &choice->parts, inside);
}

static gl_slice inside_of(gl_json string)
{
    return gl_slice_of(string.text.data + 1, string.text.len - 2);
}

/* Makes the content a list, whose first part is the text so far. */
static void begin_parts(gl_merge *merge, gl_merge_choice *choice)
{
    if (choice->has_parts) return;
    choice->has_parts = true;
    if (choice->content.len != 0) add_to_part(merge, choice, gl_buf_slice(&choice->content));
}

static void add_part(gl_merge *merge, gl_merge_choice *choice, gl_json part)
{
    static const char *const names[] = { "type", "text" };
    gl_json refusal, found[2], text = gl_content_part(part, &refusal);
    bool more = gl_json_get_many(part, names, found, 2);
    bool only_text = text.kind == GL_JSON_STRING && !more &&
                     (part.kind == GL_JSON_STRING || gl_json_string_is(found[0], "text"));
    begin_parts(merge, choice);
    if (only_text) {
        add_to_part(merge, choice, inside_of(text));
    } else {
        close_part(merge, choice);
        if (choice->parts.len != 0) append(merge, &choice->parts, gl_slice_str(","));
        append(merge, &choice->parts, part.text);
    }
    if (text.kind == GL_JSON_STRING) add_text(merge, choice, text);
}

/* false: it cannot be read; the chunk is odd, because it must not be lost in silence. */
static bool add_content(gl_merge *merge, gl_merge_choice *choice, gl_json content)
{
    gl_json_iter iter = gl_json_begin(content);
    gl_json part;
    switch (content.kind) {
    case GL_JSON_STRING:
        if (choice->has_parts && gl_json_has_text(content))
            add_to_part(merge, choice, inside_of(content));
        add_text(merge, choice, content);
        return true;
    case GL_JSON_ARRAY:
        begin_parts(merge, choice);
        while (gl_json_next(&iter, NULL, &part)) add_part(merge, choice, part);
        return true;
    case GL_JSON_OBJECT: /* one part, without a list */
        if (!gl_json_has_text(gl_json_get(content, "text"))) return false;
        add_part(merge, choice, content);
        return true;
    default:
        return content.kind == GL_JSON_NONE || content.kind == GL_JSON_NULL;
    }
}

/* --- choices --- */

/* The names that servers have for reasoning: DeepSeek, vLLM and llama.cpp use the first,
 * OpenRouter, vLLM from 0.11 and Ollama the second. */
static bool has_reasoning(gl_json delta)
{
    static const char *const names[] = { "reasoning_content", "reasoning" };
    gl_json found[2];
    gl_json_get_many(delta, names, found, 2);
    for (int i = 0; i < 2; i++)
        if (found[i].kind == GL_JSON_STRING && !gl_json_string_is(found[i], "")) return true;
    return false;
}

static bool add_delta(gl_merge *merge, gl_merge_choice *choice, gl_json delta)
{
    enum { CONTENT, REFUSAL, ROLE, TOOLS, FUNCTION, COUNT };
    static const char *const names[COUNT] = { "content", "refusal", "role", "tool_calls",
                                              "function_call" };
    gl_json found[COUNT];
    bool others = gl_json_get_many(delta, names, found, COUNT);
    keep_first(merge, &choice->role, found[ROLE]);
    if (!add_content(merge, choice, found[CONTENT])) return false;
    if (found[REFUSAL].kind == GL_JSON_STRING) {
        choice->has_refusal = true;
        grow(merge, &choice->refusal, found[REFUSAL]);
    } else if (!is_nothing(found[REFUSAL])) {
        return false;
    }
    if (found[FUNCTION].kind == GL_JSON_OBJECT) {
        choice->has_function = true;
        add_function(merge, &choice->function, found[FUNCTION]);
    } else if (!is_nothing(found[FUNCTION])) {
        return false;
    }
    /* All else in such a delta is kept once, or says nothing. */
    if (!others && found[CONTENT].kind == GL_JSON_STRING && !choice->has_parts &&
        is_nothing(found[REFUSAL]) && found[FUNCTION].kind != GL_JSON_OBJECT &&
        is_nothing(found[TOOLS])) {
        merge->alone = found[CONTENT];
        merge->alone_index = choice->index;
    }
    if (others) {
        merge->reasoned += has_reasoning(delta);
        add_others(merge, &choice->of_message, delta, names, COUNT, GL_MEMBERS_GROW);
    }
    return is_nothing(found[TOOLS]) || add_calls(merge, choice, found[TOOLS]);
}

/* Adds a chunk with a message in the place of a delta: some servers send the whole answer as one
 * event. Only the first is read; beside deltas, and behind the end, it repeats them
 * (Perplexity). */
static bool add_message(gl_merge *merge, gl_merge_choice *choice, gl_json message)
{
    if (choice->is_whole) return choice->finish_reason.len != 0;
    if (choice->content.len != 0 || choice->count != 0) return true;
    choice->is_whole = true;
    return add_delta(merge, choice, message);
}

static bool add_choice(gl_merge *merge, gl_json item)
{
    enum { INDEX, DELTA, MESSAGE, TEXT, FINISH, LOGPROBS, COUNT };
    static const char *const names[COUNT] = { "index", "delta",         "message",
                                              "text",  "finish_reason", "logprobs" };
    gl_json found[COUNT];
    int64_t index = 0;
    if (item.kind != GL_JSON_OBJECT) return false;
    bool others = gl_json_get_many(item, names, found, COUNT);
    if (!is_absent(found[INDEX]) && !valid_index(found[INDEX], &index)) return false;
    gl_merge_choice *choice = find_choice(merge, index);
    if (choice == NULL) return true; /* failed says why */
    bool read = true;
    if (found[DELTA].kind == GL_JSON_OBJECT)
        read = add_delta(merge, choice, found[DELTA]);
    else if (!is_absent(found[DELTA]))
        read = false;
    else if (found[MESSAGE].kind == GL_JSON_OBJECT)
        read = add_message(merge, choice, found[MESSAGE]);
    else if (found[TEXT].kind == GL_JSON_STRING) {
        choice->is_text = true;
        add_text(merge, choice, found[TEXT]);
    } else
        read = is_absent(found[TEXT]); /* Azure's asynchronous filter sends none of them */
    if (gl_finish_of(found[FINISH]) != GL_FINISH_NONE)
        replace(merge, &choice->finish_reason, found[FINISH]);
    if (others || found[DELTA].kind != GL_JSON_OBJECT || found[LOGPROBS].kind == GL_JSON_OBJECT)
        merge->alone.kind = GL_JSON_NONE;
    add_others(merge, &choice->logprobs, found[LOGPROBS], NULL, 0, GL_MEMBERS_EXTEND);
    if (others) add_others(merge, &choice->others, item, names, COUNT, GL_MEMBERS_EXTEND);
    return read;
}

static gl_merge_result result_of(const gl_merge *merge)
{
    return merge->failed || merge->pool.failed ? GL_MERGE_OOM : GL_MERGE_OK;
}

gl_json gl_merge_alone(const gl_merge *merge, gl_json *padding)
{
    *padding = merge->padding;
    return merge->alone;
}

gl_merge_result gl_merge_add_alone(gl_merge *merge, gl_json text)
{
    gl_merge_choice *choice = find_choice(merge, merge->alone_index);
    if (choice != NULL) add_text(merge, choice, text);
    return result_of(merge);
}

gl_merge_result gl_merge_add(gl_merge *merge, gl_json chunk)
{
    static const char *const names[MEMBERS] = {
        "id",    "created", "model",  "service_tier", "system_fingerprint",
        "usage", "choices", "object", "obfuscation"
    };
    gl_json found[MEMBERS], item;
    gl_buf *bufs[TOP];
    bool is_chunk = false;
    size_t choices = 0;
    merge->alone.kind = GL_JSON_NONE;
    top_bufs(merge, bufs);
    bool others = gl_json_get_many(chunk, names, found, MEMBERS);
    if (chunk.kind != GL_JSON_OBJECT) return GL_MERGE_ODD;
    for (int i = 0; i < MEMBERS; i++)
        if (found[i].kind != GL_JSON_NONE) is_chunk = true;
    for (int i = 0; i < TOP; i++) {
        bool early = i == ID || i == CREATED || i == MODEL; /* the same in all chunks */
        bool empty = found[i].kind == GL_JSON_STRING && found[i].text.len == 2; /* Azure's first */
        if (is_absent(found[i]) || empty) continue;
        if (!early || bufs[i]->len == 0) replace(merge, bufs[i], found[i]);
    }
    /* A chunk without any of a chunk's members, such as {"type":"ping"}, is no part of the
     * answer. */
    if (others && is_chunk)
        add_others(merge, &merge->others, chunk, names, MEMBERS, GL_MEMBERS_LAST);
    if (found[CHOICES].kind == GL_JSON_ARRAY) {
        gl_json_iter iter = gl_json_begin(found[CHOICES]);
        for (; gl_json_next(&iter, NULL, &item); choices++)
            if (!add_choice(merge, item)) return GL_MERGE_ODD;
    } else if (!is_absent(found[CHOICES])) {
        return GL_MERGE_ODD;
    }
    merge->padding = found[PADDING];
    if (others || choices != 1) merge->alone.kind = GL_JSON_NONE;
    return result_of(merge);
}

bool gl_merge_finished(const gl_merge *merge, size_t choices)
{
    if (merge->count == 0 || merge->count < choices) return false;
    for (size_t i = 0; i < merge->count; i++)
        if (merge->choices[i].finish_reason.len == 0) return false;
    return true;
}
