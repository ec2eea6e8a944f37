/* complaint.c - see complaint.h. Owns nothing. Decides no retry. */
#include "openai/complaint.h"

#include "openai/finish.h"

/* NONE: the list is empty, or no list. */
static gl_json first_of(gl_json list)
{
    gl_json first = { .kind = GL_JSON_NONE };
    if (list.kind != GL_JSON_ARRAY) return first;
    gl_json_iter iter = gl_json_begin(list);
    gl_json_next(&iter, NULL, &first);
    return first;
}

/* The code of MiniMax's base_resp, in answers and events of status 200: its own numbers (1002 is a
 * refused key at Zhipu), so they are known only here. Others are failures of the server. */
static int status_of_base_resp(int64_t code)
{
    static const struct {
        int code, status;
    } table[] = { { 1002, 429 }, { 1004, 401 }, { 1008, 402 }, { 1026, 400 }, { 1027, 400 },
                  { 1039, 400 }, { 1041, 429 }, { 2013, 400 }, { 2049, 401 } };
    if (code == 0) return 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code) return table[i].status;
    return 500;
}

static int base_resp_status(gl_json base_resp)
{
    int64_t code;
    return gl_json_int64(gl_json_get(base_resp, "status_code"), &code) ? status_of_base_resp(code)
                                                                       : 0;
}

/* The first of validation errors: a list of {"loc":[...],"msg":"..."} (FastAPI), of
 * {"code":...,"message":"..."}, or of texts. */
static void read_first_of(gl_json list, gl_complaint *c)
{
    enum { MSG, MESSAGE, LOC, CODE, TYPE, COUNT };
    static const char *const names[COUNT] = { "msg", "message", "loc", "code", "type" };
    gl_json first = first_of(list), found[COUNT];
    if (first.kind != GL_JSON_OBJECT) {
        c->message = first;
        return;
    }
    gl_json_get_many(first, names, found, COUNT);
    c->message = gl_json_has_text(found[MSG]) ? found[MSG] : found[MESSAGE];
    c->place = found[LOC];
    if (c->code.kind == GL_JSON_NONE) c->code = found[CODE];
}

/* Finds the complaint in {"error":{...}}, {"error":"..."}, {"object":"error",...}, {"message":...},
 * {"detail":...}, {"errors":[...]}, {"message":{"detail":...}}, {"code":...,"msg":...},
 * {"error_code":...,"error_msg":...}, {"base_resp":{...}}, or in the first element of a list of
 * these. */
gl_complaint gl_complaint_read(gl_json root)
{
    enum { ERROR, MESSAGE, CODE, TYPE, PARAM, DETAIL, ERRORS, MSG, E_MSG, E_CODE, BASE, COUNT };
    static const char *const names[COUNT] = { "error",     "message",    "code",     "type",
                                              "param",     "detail",     "errors",   "msg",
                                              "error_msg", "error_code", "base_resp" };
    gl_json found[COUNT], inner[COUNT];
    if (root.kind == GL_JSON_ARRAY && first_of(root).kind != GL_JSON_NONE) root = first_of(root);
    gl_json_get_many(root, names, found, COUNT);
    static const int holders[] = { ERROR, DETAIL, MESSAGE };
    for (size_t i = 0; i < 3; i++) {
        if (found[holders[i]].kind != GL_JSON_OBJECT) continue;
        gl_json_get_many(found[holders[i]], names, inner, COUNT);
        if (holders[i] == MESSAGE) { /* Mistral's: its other members stand beside the message */
            found[MESSAGE] = inner[MESSAGE];
            found[DETAIL] = inner[DETAIL];
        } else {
            memcpy(found, inner, sizeof found);
        }
        break;
    }
    gl_complaint c = { .message = found[MESSAGE],
                       .code = found[CODE],
                       .type = found[TYPE],
                       .param = found[PARAM],
                       .status = base_resp_status(found[BASE]) };
    if (c.code.kind == GL_JSON_NONE) c.code = found[E_CODE];
    if (found[ERROR].kind == GL_JSON_NUMBER && c.code.kind == GL_JSON_NONE) c.code = found[ERROR];
    gl_json finish = gl_json_get(root, "finish_reason");
    if (c.code.kind == GL_JSON_NONE && gl_finish_of(finish) == GL_FINISH_FAILED)
        c.code = finish; /* DeepSeek sends only "insufficient_system_resource" */
    if (c.status != 0 && c.code.kind == GL_JSON_NONE)
        c.code = gl_json_get(found[BASE], "status_code");
    const gl_json texts[] = {
        found[MESSAGE], found[MSG],    found[E_MSG],
        found[ERROR],   found[DETAIL], gl_json_get(found[BASE], "status_msg")
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!gl_json_has_text(texts[i])) continue;
        c.message = texts[i];
        return c;
    }
    if (found[DETAIL].kind == GL_JSON_ARRAY)
        read_first_of(found[DETAIL], &c);
    else if (found[ERRORS].kind == GL_JSON_ARRAY)
        read_first_of(found[ERRORS], &c);
    return c;
}

/* A code beside a message; 0 and 200 mean success. */
static bool tells_of_failure(gl_json code)
{
    int64_t number;
    return gl_root_tells(code) && !(gl_json_int64(code, &number) && (number == 0 || number == 200));
}

gl_json gl_complaint_find(const gl_root *root)
{
    const gl_json *found = root->member;
    gl_json value = found[GL_ROOT_VALUE];
    if (value.kind == GL_JSON_ARRAY) { /* Gemini's: [{"error":{...}}] */
        gl_json first = first_of(value);
        if (gl_root_tells(gl_json_get(first, "error"))) return first;
    }
    if (value.kind != GL_JSON_OBJECT) return (gl_json){ .kind = GL_JSON_NONE };
    if (gl_root_tells(found[GL_ROOT_ERROR]) || gl_json_string_is(found[GL_ROOT_OBJECT], "error") ||
        gl_json_string_is(found[GL_ROOT_TYPE], "error") ||
        base_resp_status(found[GL_ROOT_BASE_RESP]) != 0)
        return value;
    /* The other shapes are members that an answer may have too, beside its own. */
    bool answers = found[GL_ROOT_CHOICES].kind == GL_JSON_ARRAY ||
                   found[GL_ROOT_OUTPUT].kind == GL_JSON_ARRAY ||
                   found[GL_ROOT_DATA].kind == GL_JSON_ARRAY ||
                   found[GL_ROOT_ID].kind != GL_JSON_NONE;
    if (!answers &&
        (gl_root_tells(found[GL_ROOT_DETAIL]) ||
         (found[GL_ROOT_ERRORS].kind == GL_JSON_ARRAY && gl_root_tells(found[GL_ROOT_ERRORS])) ||
         (gl_json_has_text(found[GL_ROOT_MESSAGE]) && tells_of_failure(found[GL_ROOT_CODE])) ||
         (gl_json_has_text(found[GL_ROOT_MSG]) && tells_of_failure(found[GL_ROOT_CODE])) ||
         (gl_json_has_text(found[GL_ROOT_ERROR_MSG]) &&
          tells_of_failure(found[GL_ROOT_ERROR_CODE]))))
        return value;
    return root->failed;
}
