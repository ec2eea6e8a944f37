/*
 * merge.c - see merge.h. Owns one buffer for each string that grows. Called by stream.c; sees no
 * events and knows nothing of errors, which stream.c has looked for before.
 */
#include "openai/merge.h"

#include "base/alloc.h"

/* What a choice's delta may hold as strings that grow. */
enum { CONTENT, REFUSAL, REASONING_CONTENT, REASONING, GROWING };
static const char *const growing[GROWING] = { "content", "refusal", "reasoning_content",
                                              "reasoning" };

/* The first of these with something in it stands. */
typedef struct call {
    int64_t index;
    gl_buf id, type, name;
    gl_buf arguments; /* grows */
    bool has_arguments;
} call;

struct gl_merge_choice {
    int64_t index;
    bool is_text; /* of a completion that is no chat: no message around it */
    bool given[GROWING];
    gl_buf texts[GROWING];
    gl_buf role, finish_reason;
    gl_buf logprobs, refusal_logprobs; /* elements of their arrays */
    call *calls;                       /* in the order of their index */
    size_t count, capacity;
    bool has_function;
    call function; /* function_call, the form before tool_calls */
};

/* --- memory --- */

static void call_free(call *c)
{
    gl_buf *bufs[] = { &c->id, &c->type, &c->name, &c->arguments };
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) gl_buf_free(bufs[i]);
}

static void call_init(call *c, int64_t index)
{
    *c = (call){ .index = index };
    gl_buf *bufs[] = { &c->id, &c->type, &c->name, &c->arguments };
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) gl_buf_init(bufs[i], SIZE_MAX / 2);
}

static void choice_free(gl_merge_choice *choice)
{
    gl_buf *bufs[] = { &choice->role, &choice->finish_reason, &choice->logprobs,
                       &choice->refusal_logprobs };
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) gl_buf_free(bufs[i]);
    for (size_t i = 0; i < GROWING; i++) gl_buf_free(&choice->texts[i]);
    for (size_t i = 0; i < choice->count; i++) call_free(&choice->calls[i]);
    gl_free(choice->calls);
    call_free(&choice->function);
}

static void choice_init(gl_merge_choice *choice, int64_t index)
{
    *choice = (gl_merge_choice){ .index = index };
    gl_buf *bufs[] = { &choice->role, &choice->finish_reason, &choice->logprobs,
                       &choice->refusal_logprobs };
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) gl_buf_init(bufs[i], SIZE_MAX / 2);
    for (size_t i = 0; i < GROWING; i++) gl_buf_init(&choice->texts[i], SIZE_MAX / 2);
    call_init(&choice->function, 0);
}

/* Of the whole completion, in the order of `names` in gl_merge_add. */
enum { ID, CREATED, MODEL, TIER, FINGERPRINT, USAGE, TOP, CHOICES = TOP, MEMBERS };

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
    for (size_t i = 0; i < TOP; i++) gl_buf_init(bufs[i], SIZE_MAX / 2);
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
    for (size_t i = 0; i < TOP; i++) gl_buf_free(bufs[i]);
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

/* A value in place of what stands there. */
static void replace(gl_merge *merge, gl_buf *to, gl_json value)
{
    gl_buf_reset(to);
    append(merge, to, value.text);
}

static bool has_text(gl_json value)
{
    return value.kind == GL_JSON_STRING && value.text.len > 2;
}

static void keep_first(gl_merge *merge, gl_buf *to, gl_json string)
{
    if (has_text(string) && to->len == 0) append(merge, to, string.text);
}

/* Where an element of this index stands, or has to be put, in an array in the order of indices.
 * What is looked for is nearly always the last. */
#define FIND(array, length, wanted, at)                                                            \
    for (at = (length); at > 0 && (array)[at - 1].index >= (wanted); at--)

/* Room for one more in an array of up to GL_MERGE_MAX; NULL: out of memory. */
static void *room(gl_merge *merge, void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) return array;
    size_t more = *capacity == 0 ? 1 : *capacity * 2;
    void *grown = gl_realloc(array, more * size);
    if (grown == NULL)
        merge->failed = true;
    else
        *capacity = more;
    return grown;
}

static gl_merge_choice *find_choice(gl_merge *merge, int64_t index)
{
    size_t at;
    FIND(merge->choices, merge->count, index, at);
    if (at < merge->count && merge->choices[at].index == index) return &merge->choices[at];
    gl_merge_choice *array =
        room(merge, merge->choices, merge->count, &merge->capacity, sizeof *array);
    if (array == NULL) return NULL;
    merge->choices = array;
    memmove(&array[at + 1], &array[at], (merge->count - at) * sizeof *array);
    merge->count++;
    choice_init(&array[at], index);
    return &array[at];
}

static call *find_call(gl_merge *merge, gl_merge_choice *choice, int64_t index)
{
    size_t at;
    FIND(choice->calls, choice->count, index, at);
    if (at < choice->count && choice->calls[at].index == index) return &choice->calls[at];
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
    gl_json found[2];
    gl_json_get_many(function, (const char *const[]){ "name", "arguments" }, found, 2);
    keep_first(merge, &c->name, found[0]);
    if (found[1].kind != GL_JSON_STRING) return;
    c->has_arguments = true;
    grow(merge, &c->arguments, found[1]);
}

/* Gemini's endpoint gives no index: then an id begins the next call, and the rest goes on with the
 * last one. */
static bool index_of_call(const gl_merge_choice *choice, gl_json index, gl_json id, int64_t *out)
{
    if (index.kind != GL_JSON_NONE) return valid_index(index, out);
    *out = choice->count != 0 ? choice->calls[choice->count - 1].index : 0;
    if (choice->count != 0 && has_text(id)) (*out)++;
    return *out < GL_MERGE_MAX;
}

static bool add_calls(gl_merge *merge, gl_merge_choice *choice, gl_json calls)
{
    enum { INDEX, CALL_ID, TYPE, FUNCTION, COUNT };
    static const char *const names[COUNT] = { "index", "id", "type", "function" };
    gl_json_iter iter = gl_json_begin(calls);
    gl_json item, found[COUNT];
    while (gl_json_next(&iter, NULL, &item)) {
        int64_t index;
        gl_json_get_many(item, names, found, COUNT);
        if (!index_of_call(choice, found[INDEX], found[CALL_ID], &index)) return false;
        call *c = find_call(merge, choice, index);
        if (c == NULL) return true; /* failed says why */
        keep_first(merge, &c->id, found[CALL_ID]);
        keep_first(merge, &c->type, found[TYPE]);
        add_function(merge, c, found[FUNCTION]);
    }
    return true;
}

/* The elements of an array behind those that came before. */
static void add_elements(gl_merge *merge, gl_buf *to, gl_json array)
{
    if (array.kind != GL_JSON_ARRAY) return;
    gl_json_iter iter = gl_json_begin(array);
    gl_json element;
    while (gl_json_next(&iter, NULL, &element)) {
        if (to->len != 0) append(merge, to, gl_slice_str(","));
        append(merge, to, element.text);
    }
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

static void add_strings(gl_merge *merge, gl_merge_choice *choice, const gl_json *strings)
{
    for (int i = 0; i < GROWING; i++) {
        if (strings[i].kind != GL_JSON_STRING) continue;
        choice->given[i] = true;
        grow(merge, &choice->texts[i], strings[i]);
    }
    if (choice->index == 0 && strings[CONTENT].kind == GL_JSON_STRING && !merge->failed)
        decode(merge, &choice->texts[CONTENT]);
}

static bool add_delta(gl_merge *merge, gl_merge_choice *choice, gl_json delta)
{
    enum { ROLE = GROWING, TOOLS, FUNCTION, COUNT };
    static const char *const names[COUNT] = { "content",      "refusal", "reasoning_content",
                                              "reasoning",    "role",    "tool_calls",
                                              "function_call" };
    gl_json found[COUNT];
    gl_json_get_many(delta, names, found, COUNT);
    keep_first(merge, &choice->role, found[ROLE]);
    add_strings(merge, choice, found);
    if (found[FUNCTION].kind == GL_JSON_OBJECT) {
        choice->has_function = true;
        add_function(merge, &choice->function, found[FUNCTION]);
    }
    return found[TOOLS].kind != GL_JSON_ARRAY || add_calls(merge, choice, found[TOOLS]);
}

static bool add_choice(gl_merge *merge, gl_json item)
{
    enum { INDEX, DELTA, TEXT, FINISH, LOGPROBS, COUNT };
    static const char *const names[COUNT] = { "index", "delta", "text", "finish_reason",
                                              "logprobs" };
    gl_json found[COUNT];
    int64_t index = 0;
    if (item.kind != GL_JSON_OBJECT) return false;
    gl_json_get_many(item, names, found, COUNT);
    if (found[INDEX].kind != GL_JSON_NONE && !valid_index(found[INDEX], &index)) return false;
    gl_merge_choice *choice = find_choice(merge, index);
    if (choice == NULL) return true; /* failed says why */
    if (found[FINISH].kind == GL_JSON_STRING) replace(merge, &choice->finish_reason, found[FINISH]);
    add_elements(merge, &choice->logprobs, gl_json_get(found[LOGPROBS], "content"));
    add_elements(merge, &choice->refusal_logprobs, gl_json_get(found[LOGPROBS], "refusal"));
    if (found[DELTA].kind == GL_JSON_OBJECT) return add_delta(merge, choice, found[DELTA]);
    if (found[TEXT].kind == GL_JSON_STRING) {
        gl_json strings[GROWING] = { [CONTENT] = found[TEXT] };
        choice->is_text = true;
        add_strings(merge, choice, strings);
    }
    return true; /* Azure's asynchronous filter sends choices without a delta */
}

gl_merge_result gl_merge_add(gl_merge *merge, gl_json chunk)
{
    static const char *const names[MEMBERS] = {
        "id", "created", "model", "service_tier", "system_fingerprint", "usage", "choices"
    };
    gl_json found[MEMBERS], item;
    gl_buf *bufs[TOP];
    top_bufs(merge, bufs);
    gl_json_get_many(chunk, names, found, MEMBERS);
    if (chunk.kind != GL_JSON_OBJECT) return GL_MERGE_ODD;
    for (int i = 0; i < TOP; i++) {
        bool early = i == ID || i == CREATED || i == MODEL; /* the same in all chunks */
        bool empty = found[i].kind == GL_JSON_STRING && found[i].text.len == 2; /* Azure's first */
        if (found[i].kind == GL_JSON_NONE || found[i].kind == GL_JSON_NULL || empty) continue;
        if (!early || bufs[i]->len == 0) replace(merge, bufs[i], found[i]);
    }
    if (found[CHOICES].kind == GL_JSON_ARRAY) {
        gl_json_iter iter = gl_json_begin(found[CHOICES]);
        while (gl_json_next(&iter, NULL, &item))
            if (!add_choice(merge, item)) return GL_MERGE_ODD;
    }
    return merge->failed ? GL_MERGE_OOM : GL_MERGE_OK;
}

bool gl_merge_finished(const gl_merge *merge, size_t choices)
{
    if (merge->count == 0 || merge->count < choices) return false;
    for (size_t i = 0; i < merge->count; i++)
        if (merge->choices[i].finish_reason.len == 0) return false;
    return true;
}

/* --- writing --- */

static void write_buf(gl_buf *out, const gl_buf *value)
{
    if (value->len != 0)
        gl_buf_append(out, value->data, value->len);
    else
        gl_buf_append_str(out, "null");
}

/* A string of which the text between the quotes was kept. */
static void write_string(gl_buf *out, bool given, const gl_buf *inside)
{
    if (!given) {
        gl_buf_append_str(out, "null");
        return;
    }
    gl_buf_append_char(out, '"');
    gl_buf_append(out, inside->data, inside->len);
    gl_buf_append_char(out, '"');
}

static void write_function(gl_buf *out, const call *c)
{
    gl_buf_append_str(out, "{\"name\":");
    write_buf(out, &c->name);
    gl_buf_append_str(out, ",\"arguments\":");
    write_string(out, c->has_arguments, &c->arguments);
    gl_buf_append_char(out, '}');
}

static void write_calls(gl_buf *out, const gl_merge_choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        const call *c = &choice->calls[i];
        gl_buf_append_str(out, i == 0 ? ",\"tool_calls\":[{\"id\":" : ",{\"id\":");
        write_buf(out, &c->id);
        gl_buf_append_str(out, ",\"type\":");
        if (c->type.len != 0)
            write_buf(out, &c->type);
        else
            gl_buf_append_str(out, "\"function\"");
        gl_buf_append_str(out, ",\"function\":");
        write_function(out, c);
        gl_buf_append_char(out, '}');
    }
    if (choice->count != 0) gl_buf_append_char(out, ']');
}

static void write_message(gl_buf *out, const gl_merge_choice *choice)
{
    gl_buf_append_str(out, "\"message\":{\"role\":");
    if (choice->role.len != 0)
        write_buf(out, &choice->role);
    else
        gl_buf_append_str(out, "\"assistant\"");
    for (int i = 0; i < GROWING; i++) {
        if (i > REFUSAL && !choice->given[i]) continue; /* only where a server has it */
        gl_buf_append_str(out, ",\"");
        gl_buf_append_str(out, growing[i]);
        gl_buf_append_str(out, "\":");
        write_string(out, choice->given[i], &choice->texts[i]);
    }
    write_calls(out, choice);
    if (choice->has_function) {
        gl_buf_append_str(out, ",\"function_call\":");
        write_function(out, &choice->function);
    }
    gl_buf_append_char(out, '}');
}

static void write_logprobs(gl_buf *out, const gl_merge_choice *choice)
{
    gl_buf_append_str(out, ",\"logprobs\":");
    if (choice->logprobs.len == 0 && choice->refusal_logprobs.len == 0) {
        gl_buf_append_str(out, "null");
        return;
    }
    gl_buf_append_str(out, "{\"content\":[");
    gl_buf_append(out, choice->logprobs.data, choice->logprobs.len);
    gl_buf_append_str(out, "],\"refusal\":[");
    gl_buf_append(out, choice->refusal_logprobs.data, choice->refusal_logprobs.len);
    gl_buf_append_str(out, "]}");
}

static void write_choice(gl_buf *out, const gl_merge_choice *choice)
{
    gl_buf_append_str(out, "{\"index\":");
    gl_buf_append_i64(out, choice->index);
    gl_buf_append_char(out, ',');
    if (choice->is_text) {
        gl_buf_append_str(out, "\"text\":");
        write_string(out, true, &choice->texts[CONTENT]);
    } else {
        write_message(out, choice);
    }
    write_logprobs(out, choice);
    gl_buf_append_str(out, ",\"finish_reason\":");
    write_buf(out, &choice->finish_reason);
    gl_buf_append_char(out, '}');
}

static void write_member(gl_buf *out, const char *name, const gl_buf *value)
{
    if (value->len == 0) return;
    gl_buf_append_str(out, ",\"");
    gl_buf_append_str(out, name);
    gl_buf_append_str(out, "\":");
    write_buf(out, value);
}

void gl_merge_write(const gl_merge *merge, gl_buf *out)
{
    bool is_text = merge->count != 0 && merge->choices[0].is_text;
    gl_buf_append_str(out, is_text ? "{\"object\":\"text_completion\""
                                   : "{\"object\":\"chat.completion\"");
    write_member(out, "id", &merge->id);
    write_member(out, "created", &merge->created);
    write_member(out, "model", &merge->model);
    gl_buf_append_str(out, ",\"choices\":[");
    for (size_t i = 0; i < merge->count; i++) {
        if (i != 0) gl_buf_append_char(out, ',');
        write_choice(out, &merge->choices[i]);
    }
    gl_buf_append_char(out, ']');
    write_member(out, "usage", &merge->usage);
    write_member(out, "service_tier", &merge->tier);
    write_member(out, "system_fingerprint", &merge->fingerprint);
    gl_buf_append_char(out, '}');
}
