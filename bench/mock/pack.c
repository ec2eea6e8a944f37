/* pack.c - see pack.h. The form of a pack is that of core/policy/prompt.c. */
#include "mock/pack.h"

#include "base/json.h"
#include "mock/words.h"

/* --- the answer ------------------------------------------------------------------------------- */

/* Finds the lines behind the line "Inputs:". */
static gl_slice find_inputs(gl_slice message)
{
    static const char heading[] = "\nInputs:\n";
    size_t len = sizeof heading - 1;
    for (size_t at = 0; at + len < message.len; at++)
        if (memcmp(message.data + at, heading, len) == 0)
            return gl_slice_of(message.data + at + len, message.len - at - len);
    return gl_slice_of("", 0);
}

static gl_slice next_line(gl_slice *rest)
{
    const char *end = memchr(rest->data, '\n', rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;
    gl_slice line = gl_slice_of(rest->data, len);
    size_t taken = end != NULL ? len + 1 : len;
    *rest = gl_slice_of(rest->data + taken, rest->len - taken);
    return line;
}

static void write_element(gl_buf *out, bool first, gl_slice n, gl_slice text)
{
    gl_buf_append_str(out, first ? "{\"n\":" : ",{\"n\":");
    gl_buf_append(out, n.data, n.len);
    gl_buf_append_str(out, ",\"text\":");
    gl_json_write_string(out, text);
    gl_buf_append_char(out, '}');
}

bool mock_pack_answer(gl_slice message, gl_buf *out)
{
    gl_slice rest = find_inputs(message);
    if (rest.len == 0) return false;
    gl_buf list, input, text;
    gl_buf_init(&list, SIZE_MAX / 2);
    gl_buf_init(&input, SIZE_MAX / 2);
    gl_buf_init(&text, SIZE_MAX / 2);
    bool is_pack = true;
    for (bool first = true; rest.len != 0 && is_pack; first = false) {
        static const char *const names[] = { "n", "input" };
        gl_json object, found[2];
        is_pack = gl_json_check(next_line(&rest), &object, NULL) == GL_JSON_OK;
        if (!is_pack) break;
        gl_json_get_many(object, names, found, 2);
        is_pack = found[0].kind == GL_JSON_NUMBER && found[1].kind == GL_JSON_STRING;
        if (!is_pack) break;
        gl_buf_reset(&input);
        gl_buf_reset(&text);
        gl_json_string_append(found[1], &input, NULL);
        mock_words_say(gl_buf_slice(&input), &text);
        write_element(&list, first, found[0].text, gl_buf_slice(&text));
    }
    if (is_pack) {
        gl_buf_append_str(out, "{\"answers\":[");
        gl_buf_append(out, list.data, list.len);
        gl_buf_append_str(out, "]}");
        if (list.failed || input.failed || text.failed) out->failed = true;
    }
    gl_buf_free(&list);
    gl_buf_free(&input);
    gl_buf_free(&text);
    return is_pack;
}

/* --- its faults ------------------------------------------------------------------------------- */

/* Finds the list in a text. */
static bool find_answers(gl_slice text, gl_json *list)
{
    gl_json root;
    if (text.len == 0 || text.data[0] != '{') return false;
    if (gl_json_check(text, &root, NULL) != GL_JSON_OK) return false;
    *list = gl_json_get(root, "answers");
    return list->kind == GL_JSON_ARRAY;
}

bool mock_pack_is(gl_slice text)
{
    gl_json list;
    return find_answers(text, &list);
}

static void append_element(gl_buf *out, gl_json element)
{
    if (out->len != 0) gl_buf_append_char(out, ',');
    gl_buf_append(out, element.text.data, element.text.len);
}

/* Changes the elements of the list. The length of the text decides which of them. */
static void spoil_list(mock_fault fault, gl_json list, gl_buf *out)
{
    gl_json element, held = { GL_JSON_NONE, { NULL, 0 } };
    gl_json_iter iter = gl_json_begin(list);
    size_t count = 0, at = 0;
    while (gl_json_next(&iter, NULL, &element)) count++;
    size_t chosen = count != 0 ? list.text.len % count : 0;
    for (iter = gl_json_begin(list); gl_json_next(&iter, NULL, &element); at++) {
        bool mine = at == chosen;
        if (mine && fault == MOCK_FAULT_PACK_SHORT) continue;
        if (mine && fault == MOCK_FAULT_PACK_ORDER) {
            held = element; /* to the end */
            continue;
        }
        append_element(out, element);
        if (mine && fault == MOCK_FAULT_PACK_DUPLICATE) append_element(out, element);
    }
    if (held.kind != GL_JSON_NONE) append_element(out, held);
    if (fault == MOCK_FAULT_PACK_OVERLONG) {
        if (out->len != 0) gl_buf_append_char(out, ',');
        gl_buf_append_str(out, "{\"n\":");
        gl_buf_append_u64(out, count + 1);
        gl_buf_append_str(out, ",\"text\":\"One more.\"}");
    }
}

static void spoil_text(mock_fault fault, gl_json list, gl_buf *out)
{
    gl_buf elements;
    gl_buf_init(&elements, SIZE_MAX / 2);
    spoil_list(fault, list, &elements);
    size_t len = fault == MOCK_FAULT_PACK_CUT ? elements.len / 2 : elements.len;
    if (fault == MOCK_FAULT_PACK_NOTJSON) {
        gl_buf_append_str(out, "Here are the answers:\n");
        gl_buf_append(out, elements.data, len);
    } else {
        gl_buf_append_str(out, "{\"answers\":[");
        gl_buf_append(out, elements.data, len);
        if (fault != MOCK_FAULT_PACK_CUT) gl_buf_append_str(out, "]}");
    }
    if (elements.failed) out->failed = true;
    gl_buf_free(&elements);
}

void mock_pack_spoil(mock_fault fault, mock_answer *answer)
{
    gl_json list;
    gl_buf spoilt;
    if (answer->count == 0) return;
    mock_choice *choice = &answer->choice[0];
    if (!find_answers(mock_answer_slice(answer, choice->text), &list)) return;
    gl_buf_init(&spoilt, SIZE_MAX / 2);
    spoil_text(fault, list, &spoilt);
    choice->text = (mock_span){ answer->words.len, spoilt.len };
    gl_buf_append(&answer->words, spoilt.data, spoilt.len);
    if (spoilt.failed) answer->words.failed = true;
    if (fault == MOCK_FAULT_PACK_CUT) choice->finish = MOCK_FINISH_LENGTH;
    mock_answer_count(answer);
    gl_buf_free(&spoilt);
}
